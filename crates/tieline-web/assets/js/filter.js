// Filters a list that is already on the page.
document.addEventListener('input', ({ target }) => {
  if (!target.matches('[data-filter]')) return;
  const wanted = target.value.trim().toLowerCase();
  for (const line of document.getElementById(target.dataset.filter)?.children ?? []) {
    line.hidden = !line.dataset.text.toLowerCase().includes(wanted);
  }
});
