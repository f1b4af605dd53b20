// Menus: places them where anchors are not supported, and moves by arrow keys and first letters.
const anchored = CSS.supports('position-area', 'bottom');

document.addEventListener('toggle', (event) => {
  const menu = event.target;
  if (!menu.matches?.('.menu') || event.newState !== 'open') return;
  if (!anchored && menu.matches('.row')) place(menu);
  menu.querySelector('a, button')?.focus({ focusVisible: false });
}, true);

function place(menu) {
  const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const below = button.bottom + menu.offsetHeight + 8 < innerHeight;
  menu.style.position = 'fixed';
  menu.style.top = `${below ? button.bottom + 4 : button.top - menu.offsetHeight - 4}px`;
  menu.style.left = `${Math.max(8, button.right - menu.offsetWidth)}px`;
}

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('.menu:popover-open');
  if (!menu) return;
  const entries = [...menu.querySelectorAll('a, button')];
  const at = entries.indexOf(document.activeElement);
  const to = {
    ArrowDown: entries[(at + 1) % entries.length],
    ArrowUp: entries[(at - 1 + entries.length) % entries.length],
    Home: entries[0],
    End: entries.at(-1),
  }[event.key] ?? byLetter(entries, at, event);
  if (!to) return;
  event.preventDefault();
  to.focus();
});

function byLetter(entries, at, event) {
  if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const rest = [...entries.slice(at + 1), ...entries.slice(0, at + 1)];
  return rest.find((entry) => entry.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
}
