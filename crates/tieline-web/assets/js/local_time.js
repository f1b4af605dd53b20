// Times of day are written in UTC; here they become the reader's own. The exact UTC time stays in the title.
for (const element of document.querySelectorAll('time')) {
  if (!/^\d\d:\d\d:\d\d$/.test(element.textContent)) continue;
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  element.textContent = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
