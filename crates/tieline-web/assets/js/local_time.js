// Times of day are written in UTC; here they become the reader's own. The exact UTC time stays in the title.

/** Does so in a page, or in a part that was put into it. */
export function localTimes(root) {
  for (const element of root.querySelectorAll('time')) {
    if (!/^\d\d:\d\d(:\d\d)?$/.test(element.textContent)) continue;
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].slice(0, element.textContent.split(':').length);
    element.textContent = parts.map((part) => String(part).padStart(2, '0')).join(':');
  }
}

localTimes(document);
