// One line at the bottom about what just happened; it leaves by itself and waits while someone is at it.
const area = document.getElementById('toasts');

/** Shows a line. */
export function toast(text) {
  if (!area) return;
  const line = document.createElement('div');
  line.className = 'toast';
  const words = document.createElement('span');
  words.textContent = text;
  line.append(words);
  area.append(line);
  dismissLater(line);
}

function dismissLater(line) {
  const patience = line.querySelector('form') ? 8000 : 6000;
  let timer;
  const start = () => { timer = setTimeout(() => line.remove(), patience); };
  const wait = () => clearTimeout(timer);
  for (const name of ['mouseenter', 'focusin']) line.addEventListener(name, wait);
  for (const name of ['mouseleave', 'focusout']) line.addEventListener(name, start);
  start();
}

for (const line of area?.children ?? []) dismissLater(line);
// The message belongs to the moment, not to the address: a reload should not repeat it.
if (area?.children.length) {
  const address = new URL(location.href);
  address.searchParams.delete('done');
  address.searchParams.delete('what');
  address.searchParams.delete('change');
  address.searchParams.delete('count');
  history.replaceState(history.state, '', address);
}
