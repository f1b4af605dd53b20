// Keeps parts of the page current. The server sends rendered parts by id; rows never move under the pointer.
import { localTimes } from './local_time.js';

const page = document.querySelector('[data-live]');
// Rows that somebody points at or is within wait until they leave.
const held = new Map();

function hold(target, html) {
  held.set(target.id, html);
  say('Waiting');
}

function say(word) {
  const place = document.getElementById('live-word');
  if (place) place.textContent = word;
}

function put(target, html) {
  if (held.delete(target.id)) say('Live');
  if (target.dataset.last === html || (target.dataset.last === undefined && target.innerHTML === html)) return;
  target.innerHTML = html;
  target.dataset.last = html;
  localTimes(target);
}

function release({ currentTarget }) {
  // The browser says where the pointer and the focus are only after the event.
  setTimeout(() => {
    const html = held.get(currentTarget.id);
    if (html !== undefined && !currentTarget.matches(':hover, :focus-within')) put(currentTarget, html);
  });
}

if (page) {
  const source = new EventSource(page.dataset.live);
  source.addEventListener('patch', ({ data }) => {
    for (const [id, html] of Object.entries(JSON.parse(data))) {
      const target = document.getElementById(id);
      if (target?.dataset.steady !== undefined && keepsPlace(target, html)) continue;
      if (target?.matches('[data-hold]:hover, [data-hold]:focus-within')) hold(target, html);
      else if (target) put(target, html);
    }
  });
  // A note that comes or goes would push everything below it: it changes where it stands, or waits for the next page.
  function keepsPlace(target, html) {
    const none = html === '';
    if (target.childElementCount === 0) return true;
    target.classList.toggle('over', none);
    return none;
  }
  source.addEventListener('list', ({ data }) => {
    const list = document.getElementById('connectors');
    document.getElementById('list-changed')?.remove();
    if (!list || data === 'same') return;
    const line = document.createElement('p');
    line.className = 'pill';
    line.id = 'list-changed';
    line.setAttribute('role', 'status');
    const link = document.createElement('a');
    link.className = 'b sm';
    link.href = location.href;
    link.textContent = data === 'order' ? 'Order changed. Refresh' : 'The list changed. Refresh';
    line.append(link);
    list.before(line);
  });
  for (const target of document.querySelectorAll('[data-hold]')) {
    for (const name of ['mouseleave', 'focusout']) target.addEventListener(name, release);
  }
  addEventListener('pagehide', () => source.close());
}
