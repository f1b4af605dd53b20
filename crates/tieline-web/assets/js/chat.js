// The chat page: sends without leaving it, stops, decides, and keeps what was typed. What it shows comes rendered from
// the server, see chat_stream.js.
import { follow, work } from './chat_stream.js';
import { toast } from './toast.js';

const chat = document.querySelector('[data-chat]');
if (chat) start();

function start() {
  const form = document.getElementById('compose');
  const field = document.getElementById('message');
  const keep = `tieline-draft ${form.getAttribute('action')}`;
  if (!field.value) field.value = sessionStorage.getItem(keep) ?? '';
  field.addEventListener('input', () => {
    sessionStorage.setItem(keep, field.value);
    showButtons();
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    form.requestSubmit(document.getElementById('send'));
  });
  form.addEventListener('submit', (event) => {
    if (event.submitter?.matches('[data-new]')) return;
    // The first message makes the session, so its answer is another page.
    if (!form.dataset.stop) {
      if (!field.value.trim() || form.dataset.sent) event.preventDefault();
      else { form.dataset.sent = 'yes'; sessionStorage.removeItem(keep); }
      return;
    }
    event.preventDefault();
    if (event.submitter?.id === 'stop') stop();
    else send(field.value);
  });

  async function send(text) {
    if (!text.trim()) return;
    field.value = '';
    sessionStorage.removeItem(keep);
    showButtons();
    complain('');
    const sending = bubble(text);
    const failure = await post(form.action, { text });
    sending.remove();
    if (failure === undefined) return;
    field.value = field.value ? `${text}\n${field.value}` : text;
    sessionStorage.setItem(keep, field.value);
    showButtons();
    complain(failure);
  }

  async function stop() {
    const failure = await post(form.dataset.stop, {});
    if (failure !== undefined) complain(failure);
    field.focus();
  }

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented || !form.dataset.stop || work() === 'idle') return;
    if (document.querySelector(':popover-open, dialog[open]')) return;
    event.preventDefault();
    stop();
  });

  function complain(text) {
    document.getElementById('compose-problem')?.remove();
    if (!text) return;
    const line = document.createElement('p');
    line.className = 'msg bad under-box';
    line.id = 'compose-problem';
    line.setAttribute('role', 'alert');
    line.textContent = text;
    form.append(line);
  }

  function showButtons() {
    const busy = work() !== 'idle';
    const stopping = document.getElementById('stop');
    if (stopping) stopping.hidden = !busy;
    document.getElementById('send').hidden = busy && !field.value.trim();
    field.placeholder = busy ? 'Add something while it works' : field.dataset.idle;
  }

  follow(showButtons);
  showButtons();
  panes();
  if (matchMedia('(pointer: fine)').matches && !location.hash) field.focus({ preventScroll: true });
}

/** What was just sent, until the server's own rendering of it arrives. */
function bubble(text) {
  const element = document.createElement('div');
  element.className = 'u sending';
  element.textContent = text;
  document.getElementById('live-tail').append(element);
  element.scrollIntoView({ block: 'end' });
  return element;
}

/** Sends a form; resolves with a sentence when it was not taken. */
async function post(address, fields) {
  try {
    const response = await fetch(address, { method: 'POST', headers: { accept: 'application/json' }, body: new URLSearchParams(fields) });
    if (response.ok) return undefined;
    if (response.status === 401) return 'You were signed out. Sign in again in another tab, and what you typed is still here.';
    const problem = await response.json().catch(() => ({}));
    return problem.detail ?? 'This did not work. Try again.';
  } catch {
    return 'No connection to Tieline. What you typed is still here.';
  }
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-decide]')) return;
  event.preventDefault();
  const failure = await post(form.action, { decision: event.submitter?.value ?? 'refuse' });
  if (failure !== undefined) toast(failure);
});

document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy-whole]');
  const all = event.target.closest('a[data-all]');
  if (copy) {
    const shown = document.getElementById(copy.dataset.copyShown);
    try {
      await navigator.clipboard.writeText(await textOf(copy.dataset.copyWhole));
      toast('Copied.');
    } catch {
      getSelection().selectAllChildren(shown);
      toast('Selected. Press Ctrl+C to copy.');
    }
  } else if (all && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    try {
      const shown = document.getElementById(all.dataset.all);
      shown.textContent = await textOf(all.href);
      all.remove();
      shown.focus();
    } catch {
      toast('The rest could not be loaded. Try again.');
    }
  }
});

async function textOf(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

/** The pane of tools can be put away where there is room for it. */
function panes() {
  const button = document.querySelector('[data-panel]');
  const show = (on) => {
    chat.classList.toggle('plain', !on);
    button.setAttribute('aria-pressed', String(on));
  };
  show(localStorage.getItem('tieline-panel') !== 'off');
  button.addEventListener('click', () => {
    const on = chat.classList.contains('plain');
    localStorage.setItem('tieline-panel', on ? 'on' : 'off');
    show(on);
  });
}
