// Follows a session. The server sends rendered blocks by number, and piece by piece the text that is being written; after a break the
// page asks for everything from the latest turn on, so nothing is lost and nothing stands there twice.
import { readEvents } from './events.js';
import { localTimes } from './local_time.js';
import { reveal } from './reveal.js';

/** Without a sign of life for this long the connection is given up; the server sends one every 15 s. */
const SILENCE = 40_000;
const talk = document.getElementById('talk');
const scroll = document.getElementById('scroll');
const newer = document.getElementById('newer');
const opened = new Map();
let onWork = () => {};
let watchdog;
let request;

/** `idle`, `queued` or `running`. */
export const work = () => talk?.dataset.work ?? 'idle';

/** Starts; `changed` is called whenever the agent begins or ends to work. */
export function follow(changed) {
  onWork = changed;
  toEnd();
  prepare(talk);
  prepare(document.getElementById('live-tail'));
  setInterval(tick, 1000);
  if (!talk.dataset.stream) return;
  listen();
  addEventListener('pagehide', () => request?.abort());
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
}

async function listen() {
  let pause = 300;
  for (;;) {
    request = new AbortController();
    try {
      alive();
      const response = await fetch(`${talk.dataset.stream}?from=${talk.dataset.from}`, { headers: { accept: 'text/event-stream' }, signal: request.signal });
      if (response.status === 404) return location.assign('/chat');
      if (response.status === 401) return lost('You were signed out. Reload this page to sign in; what you typed is kept.');
      if (!response.ok) throw new Error(String(response.status));
      for await (const { event, data } of readEvents(response)) {
        alive();
        lost('');
        pause = 300;
        if (event === 'delta') write(JSON.parse(data));
        else if (event === 'update') update(JSON.parse(data));
      }
    } catch {
      // Whatever it was, the next attempt starts from the last turn.
    }
    lost('Connection lost. Reconnecting…');
    await new Promise((resolve) => { setTimeout(resolve, pause); addEventListener('online', resolve, { once: true }); });
    pause = Math.min(pause * 2, 5000);
  }
}

function alive() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => request.abort(), SILENCE);
}

function lost(text) {
  const line = document.getElementById('lost');
  if (line.hidden === !text) return;
  line.hidden = !text;
  line.querySelector('span').textContent = text;
  if (text) say(text);
}

// The nodes of each piece of an answer that is being written.
const written = new WeakMap();

/** More of the answer: its pieces from one on, rendered; those before stay, and with them what somebody selected. */
function write({ at, from, pieces }) {
  const block = document.querySelector(`#b${at}.typing`);
  if (!block) return;
  const stay = atEnd();
  const nodes = written.get(block) ?? [];
  written.set(block, nodes);
  if (from === 0) block.replaceChildren();
  for (const node of nodes.splice(from).flat()) node.remove();
  for (const html of pieces) {
    const holder = document.createElement('template');
    holder.innerHTML = html;
    nodes.push([...holder.content.childNodes]);
    block.append(holder.content);
  }
  if (stay) toEnd();
  else newer.hidden = false;
}

/** Rendered blocks, parts of the page by id, and what the agent does. */
function update({ blocks = [], end, parts = {}, from, work: doing, say: words }) {
  const stay = atEnd();
  for (const [at, html] of blocks) put(at, html);
  if (end !== undefined) {
    for (const block of [...talk.children]) if (Number(block.id.slice(1)) >= end) block.remove();
  }
  if (blocks.length) document.getElementById('hello')?.remove();
  for (const [id, html] of Object.entries(parts)) {
    const part = document.getElementById(id);
    if (!part || part.dataset.last === html) continue;
    part.innerHTML = html;
    part.dataset.last = html;
    prepare(part);
    if (id === 'live-title') document.title = `${part.textContent} · Tieline`;
  }
  if (from !== undefined) talk.dataset.from = String(from);
  if (doing !== undefined && doing !== work()) {
    talk.dataset.work = doing;
    onWork();
  }
  if (words) say(words);
  if (stay) toEnd();
  else if (blocks.length) newer.hidden = false;
}

function put(at, html) {
  const old = document.getElementById(`b${at}`);
  const holder = document.createElement('template');
  holder.innerHTML = html;
  const block = holder.content.firstElementChild;
  if (!block || old?.outerHTML === block.outerHTML) return;
  const focused = old?.contains(document.activeElement) && document.activeElement.closest('[data-call]')?.dataset.call;
  for (const details of block.querySelectorAll('details[data-call]')) {
    if (opened.has(details.dataset.call)) details.open = opened.get(details.dataset.call);
  }
  if (old) old.replaceWith(block);
  else talk.append(block);
  prepare(block);
  if (focused) document.querySelector(`[data-call="${CSS.escape(focused)}"] > summary`)?.focus();
}

/** What scripts add to a part that was just put there. */
function prepare(part) {
  reveal(part);
  localTimes(part);
  const line = part.querySelector('[data-later]');
  if (line) setTimeout(() => { line.textContent = line.dataset.later; }, 1000);
}

talk?.addEventListener('click', ({ target }) => {
  const details = target.closest('summary')?.parentElement;
  if (details?.dataset.call) opened.set(details.dataset.call, !details.open);
});

const since = new WeakMap();
function tick() {
  for (const element of document.querySelectorAll('.tick[data-ms]')) {
    if (!since.has(element)) since.set(element, performance.now() - Number(element.dataset.ms));
    const seconds = Math.floor((performance.now() - since.get(element)) / 1000);
    if (seconds > 0) element.textContent = `Running, ${seconds} s`;
  }
}

const say = (text) => { document.getElementById('say').textContent = text; };
const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
  newer.hidden = true;
}
newer?.addEventListener('click', toEnd);
scroll?.addEventListener('scroll', () => { if (atEnd()) newer.hidden = true; }, { passive: true });
