// Keyboard shortcuts. They are off while typing, and can be switched off for good, `?` with them, in their sheet. The account menu
// opens the sheet, too, so that there is a way back.
const SWITCH = 'tieline-shortcuts';
const GO = { i: '/integrations', c: '/connect', a: '/activity', h: '/chat' };
const SHEET = [[['/'], 'Search'], [['n'], 'New session or connector'], [['x'], 'Select a connector'], [['g', 'h'], 'Chat'], [['g', 'i'], 'Integrations'], [['g', 'c'], 'Connect your client'], [['g', 'a'], 'Activity'], [['?'], 'This sheet']];
let afterG = 0;

const on = () => localStorage.getItem(SWITCH) !== 'off';

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest('input:not([type=checkbox]), textarea, select, dialog, [contenteditable], .menu')) return;
  if (!on()) return;
  if (event.key === '?') return sheet();
  if (Date.now() - afterG < 1200 && GO[event.key]) {
    const link = document.querySelector(`.nav a[href="${GO[event.key]}"]`);
    if (link) location.assign(link.href);
    afterG = 0;
  } else if (event.key === 'g') {
    afterG = Date.now();
  } else if (event.key === '/' || event.key === 'n') {
    const target = document.querySelector(`[data-key="${event.key}"]`);
    if (!target) return;
    event.preventDefault();
    if (event.key === '/') target.focus();
    else target.click();
  }
});

document.addEventListener('click', ({ target }) => {
  if (!target.closest('[data-keys]')) return;
  target.closest('[popover]')?.hidePopover();
  sheet();
});

function sheet() {
  const dialog = document.createElement('dialog');
  dialog.className = 'slim';
  dialog.setAttribute('aria-labelledby', 'keys-title');
  const form = document.createElement('form');
  form.method = 'dialog';
  form.className = 'ask keys-sheet';
  const title = document.createElement('h2');
  title.id = 'keys-title';
  title.textContent = 'Keyboard shortcuts';
  const list = document.createElement('dl');
  for (const [keys, words] of SHEET) {
    const term = document.createElement('dt');
    for (const key of keys) {
      const cap = document.createElement('kbd');
      cap.textContent = key;
      term.append(cap);
    }
    const meaning = document.createElement('dd');
    meaning.textContent = words;
    list.append(term, meaning);
  }
  const row = document.createElement('div');
  row.className = 'row';
  for (const [value, words] of [['switch', on() ? 'Switch shortcuts off' : 'Switch shortcuts on'], ['close', 'Close']]) {
    const button = document.createElement('button');
    button.className = 'b';
    button.value = value;
    button.textContent = words;
    button.autofocus = value === 'close';
    row.append(button);
  }
  form.append(title, list, row);
  dialog.append(form);
  document.body.append(dialog);
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'switch') localStorage.setItem(SWITCH, on() ? 'off' : 'on');
    dialog.remove();
  });
  dialog.showModal();
}
