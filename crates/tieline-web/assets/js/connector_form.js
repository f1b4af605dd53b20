// The forms that connect a server: key preview, help while typing, and the streamed connection test.
import { readEvents } from './events.js';
import { replaceForm } from './dialog.js';

const FIELDS = ['name', 'url', 'token', 'auth_header'];
let running;
/** What was tested last with success, so that Add does not test the same again. */
let passed;

const formOf = (element) => element.closest?.('form[data-connector-form]');
const part = (form, id) => form.querySelector(`#${id}`);
const values = (form) => JSON.stringify(['url', 'token', 'auth_header'].map((name) => form.elements[name]?.value ?? ''));

document.addEventListener('submit', (event) => {
  const form = formOf(event.target);
  if (!form) return;
  const button = event.submitter;
  if (button?.matches('[data-fill]')) {
    event.preventDefault();
    fill(form, button);
  } else if (button?.matches('[data-use-bearer]')) {
    event.preventDefault();
    form.elements.token.value = `Bearer ${form.elements.token.value.trim()}`;
    describeToken(form);
    test(form);
  } else if (button?.matches('[data-run-test]')) {
    event.preventDefault();
    test(form);
  } else if (button?.matches('[data-save-anyway]')) {
    event.preventDefault();
    save(form, 'save_anyway');
  } else {
    event.preventDefault();
    add(form);
  }
});

document.addEventListener('click', ({ target }) => {
  if (target.closest('[data-cancel-test]')) running?.abort();
});

document.addEventListener('keydown', (event) => {
  const form = formOf(event.target);
  if (!form || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  add(form);
});

async function add(form) {
  if (passed === values(form) || (await test(form))) save(form, 'save');
}

async function save(form, action) {
  // `form.action` would be the buttons of that name.
  const body = new URLSearchParams(new FormData(form));
  body.set('action', action);
  try {
    const response = await fetch(form.getAttribute('action'), { method: 'POST', body, headers: { accept: 'text/html' } });
    if (response.redirected && response.ok) {
      form.dataset.sent = 'yes';
      if (new URL(response.url).pathname !== '/signin') {
        location.assign(response.url);
        return;
      }
    }
    if (!replaceForm(form, await response.text())) complain(form, 'You were signed out, or this page is out of date. Nothing was changed. Open a new tab to sign in; what you typed is still here.');
  } catch {
    complain(form, 'Tieline did not answer. Nothing is known to be changed; try again.');
  }
}

/** Runs the test and shows each step as it comes. Resolves with whether it passed. */
async function test(form) {
  running?.abort();
  const own = running = new AbortController();
  const tested = values(form);
  passed = undefined;
  part(form, 'foot').replaceChildren();
  if (matchMedia('(max-width: 900px)').matches) part(form, 'rail').scrollIntoView({ block: 'start' });
  let ok = false;
  try {
    const response = await fetch(form.dataset.test, {
      method: 'POST',
      body: new URLSearchParams(new FormData(form)),
      headers: { accept: 'text/event-stream' },
      signal: own.signal,
    });
    if (!response.ok || !response.headers.get('content-type')?.startsWith('text/event-stream')) throw new Error('not a stream');
    for await (const { data } of readEvents(response)) {
      const message = JSON.parse(data);
      show(form, message);
      ok = message.ok === true;
    }
  } catch {
    complain(form, own.signal.aborted ? 'The test was cancelled.' : 'You were signed out, or Tieline did not answer. What you typed is still here.');
  }
  if (own !== running) return false;
  running = undefined;
  form.querySelector('[data-run-test] span').textContent = 'Test again';
  if (ok) passed = tested;
  return ok;
}

/** Puts rendered parts in place and marks the fields that are wrong. */
function show(form, { html = {}, invalid, open }) {
  for (const [id, text] of Object.entries(html)) patch(part(form, id), text);
  if (invalid) {
    for (const name of FIELDS) {
      const field = form.elements[name];
      if (!field) continue;
      if (invalid.includes(name)) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
    }
    form.querySelector('[aria-invalid=true]')?.focus();
  }
  if (open) part(form, 'advanced')?.setAttribute('open', '');
}

/** Replaces only what differs, so that a screen reader hears the new step and not the whole list again. */
function patch(target, text) {
  if (!target) return;
  const newer = document.createElement(target.tagName);
  newer.innerHTML = text;
  const before = target.querySelectorAll(':scope > ol.rail > li');
  const after = newer.querySelectorAll(':scope > ol.rail > li');
  if (before.length && before.length === after.length) {
    before.forEach((line, index) => {
      if (line.outerHTML !== after[index].outerHTML) line.replaceWith(after[index].cloneNode(true));
    });
    newer.querySelector('ol.rail').replaceWith(target.querySelector('ol.rail'));
  }
  target.replaceChildren(...newer.childNodes);
}

function complain(form, text) {
  part(form, 'foot').replaceChildren(message('bad', text));
}

function fill(form, button) {
  const field = form.elements[button.dataset.fill];
  field.value = button.value;
  field.focus();
  field.dispatchEvent(new Event('input', { bubbles: true }));
  if (field.name === 'url') describeUrl(form);
  if ('thenTest' in button.dataset) test(form);
}

// ---------- while typing ----------

let pause;
document.addEventListener('input', ({ target }) => {
  const form = formOf(target);
  if (!form) return;
  if (target.name === 'name' && form.dataset.slugCheck) {
    clearTimeout(pause);
    pause = setTimeout(() => previewSlug(form), 150);
  }
  if (target.name === 'token') tidyToken(form);
});

document.addEventListener('focusout', ({ target }) => {
  const form = formOf(target);
  if (form && target.name === 'url' && !target.readOnly) {
    target.value = target.value.trim();
    describeUrl(form);
  }
});

async function previewSlug(form) {
  const field = form.elements.name;
  const asked = field.value;
  try {
    const response = await fetch(`${form.dataset.slugCheck}?${new URLSearchParams({ name: asked })}`);
    if (!response.ok || field.value !== asked) return;
    part(form, 'name-note').innerHTML = await response.text();
    if (part(form, 'name-note').querySelector('.msg.bad') && asked.trim()) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  } catch {
    // The preview is a comfort; saving checks the name anyway.
  }
}

function describeUrl(form) {
  const field = form.elements.url;
  const note = part(form, 'url-note');
  if (!note || !field.value) return;
  note.replaceChildren();
  const text = field.value;
  const wrong = (words) => { field.setAttribute('aria-invalid', 'true'); note.append(message('bad', words)); };
  field.removeAttribute('aria-invalid');
  if (!/^https?:\/\//i.test(text)) {
    wrong('The URL must start with http:// or https://. ');
    if (!/^[a-z][a-z0-9+.-]*:/i.test(text) || /^[^/]+:\d+/.test(text)) {
      const offer = document.createElement('button');
      offer.className = 'lk';
      offer.dataset.fill = 'url';
      offer.value = `https://${text.replace(/^\/+/, '')}`;
      offer.textContent = `Use ${offer.value}`;
      note.querySelector('span').append(offer);
    }
    return;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.username || url?.password) wrong('The URL is stored in plain text. Put the secret in the token field.');
  if (url?.protocol === 'http:' && !/^(localhost|127\.|\[::1\])/.test(url.hostname)) {
    note.append(message('warn', 'Plain HTTP: the token and all data travel unencrypted. Use it only inside a network you trust.'));
  }
}

/** Takes apart what people paste: line ends, spaces around, "X-Api-Key: abc". */
function tidyToken(form) {
  const field = form.elements.token;
  const before = field.value;
  const header = form.elements.auth_header;
  const both = /^\s*([A-Za-z0-9-]{2,64}):\s+(\S.*)$/.exec(before);
  let said = '';
  if (both && header) {
    [, header.value, field.value] = both;
    said = `The header name ${both[1]} was moved to its own field. `;
  }
  const trimmed = field.value.replace(/[\r\n]+/g, '').trim();
  if (trimmed && trimmed !== field.value && /^\s|[\r\n]|\s{2,}$/.test(field.value)) {
    field.value = trimmed;
    said += 'Spaces around it were removed. ';
  }
  field.removeAttribute('aria-invalid');
  describeToken(form, said);
}

function describeToken(form, said = '') {
  const text = form.elements.token.value.trim();
  const note = part(form, 'token-note');
  if (!text) return;
  const line = document.createElement('p');
  line.className = 'help';
  const scheme = /^([A-Za-z]+) /.exec(text)?.[1];
  line.append(`${said}${text.length} characters${scheme ? `, starts with “${scheme}”` : ''}`);
  if (text.length >= 12) {
    const tail = document.createElement('code');
    tail.textContent = text.slice(-4);
    line.append(', ends in ', tail);
  }
  line.append('. Stored encrypted, never shown again.');
  note.replaceChildren(line);
}

function message(kind, text) {
  const line = document.createElement('p');
  line.className = `msg ${kind}`;
  const icon = document.getElementById('icon-warning')?.content.cloneNode(true);
  const words = document.createElement('span');
  words.textContent = text;
  line.append(...(icon ? [icon] : []), words);
  return line;
}
