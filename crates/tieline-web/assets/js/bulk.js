// Several connectors at once: counts what is ticked, ticks all of the page, and lets `x` tick the row at hand.
const bar = document.getElementById('bulk');
const boxes = () => [...document.querySelectorAll('input[form=bulk]')];

function count() {
  const ticked = boxes().filter((box) => box.checked).length;
  bar.querySelector('[data-count]').textContent = `${ticked} selected`;
}

if (bar) {
  document.addEventListener('change', ({ target }) => { if (target.matches('input[form=bulk]')) count(); });
  bar.addEventListener('reset', () => setTimeout(count));
  bar.querySelector('[data-pick-all]').addEventListener('click', () => {
    for (const box of boxes()) box.checked = true;
    count();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'x' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input:not([type=checkbox]), textarea, select, dialog, .menu') || localStorage.getItem('tieline-shortcuts') === 'off') return;
    const row = document.activeElement?.closest('.cr') ?? document.querySelector('.cr:hover');
    const box = row?.querySelector('.ck') ?? boxes()[0];
    if (!box) return;
    if (row) box.checked = !box.checked;
    else box.focus();
    count();
  });
  count();
}
