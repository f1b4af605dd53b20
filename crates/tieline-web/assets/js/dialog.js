// Opens pages as dialogs: the link's page is fetched, its content shown above this one, and its address taken over.
import { mask } from './eye.js';
import { localTimes } from './local_time.js';
import { leadToError, reveal } from './reveal.js';

let dialog;
let opener;

document.addEventListener('click', (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest('a[data-dialog]');
  if (link) {
    event.preventDefault();
    open(link);
    return;
  }
  const close = event.target.closest('[data-close]');
  if (close && dialog?.contains(close)) {
    event.preventDefault();
    leave();
  }
});

async function open(link) {
  opener = link;
  let content;
  try {
    const response = await fetch(link.href, { headers: { accept: 'text/html' } });
    content = response.ok && contentOf(await response.text());
  } catch {
    content = undefined;
  }
  if (!content) {
    location.assign(link.href);
    return;
  }
  dialog = document.createElement('dialog');
  if (link.dataset.dialog !== undefined) dialog.className = link.dataset.dialog;
  dialog.setAttribute('aria-labelledby', 'dt');
  dialog.append(content);
  document.body.append(dialog);
  prepare(dialog);
  dialog.addEventListener('cancel', (event) => { event.preventDefault(); leave(); });
  dialog.showModal();
  (dialog.querySelector('[data-autofocus]') ?? dialog.querySelector('input:not([type=hidden],[readonly])'))?.focus();
  history.pushState({ dialog: true }, '', link.href);
}

function prepare(root) {
  reveal(root);
  mask(root);
  localTimes(root);
}

/** The part of a page that is its dialog. */
export function contentOf(html) {
  return new DOMParser().parseFromString(html, 'text/html').querySelector('[data-dialog-content]');
}

/** Puts a newer version of a form in place of the one that stands there, keeping the secret that was typed. */
export function replaceForm(form, html) {
  const newer = contentOf(html);
  if (!newer) return undefined;
  const secrets = [...form.querySelectorAll('[data-secret]')].map((field) => [field.id, field.value]);
  form.replaceWith(newer);
  prepare(newer);
  for (const [id, value] of secrets) {
    const field = document.getElementById(id);
    if (field && !field.value) field.value = value;
  }
  leadToError(newer);
  return newer;
}

async function leave() {
  const form = dialog.querySelector('form[data-discard]');
  if (form && typed(form) && !(await askToDiscard(form.dataset.discard))) return;
  if (history.state?.dialog) history.back();
  else shut();
}

function shut() {
  dialog?.close();
  dialog?.remove();
  dialog = undefined;
  // A live list may have been drawn anew meanwhile.
  const again = opener?.isConnected ? opener : [...document.querySelectorAll('a[data-dialog]')].find((link) => link.href === opener?.href);
  again?.focus();
}

addEventListener('popstate', () => { if (dialog) shut(); });

/** Whether somebody typed something that would be lost. */
export function typed(form) {
  return [...form.querySelectorAll('[data-track]')].some((field) => field.value !== field.defaultValue);
}

function askToDiscard(question) {
  const ask = document.createElement('dialog');
  ask.className = 'slim';
  ask.setAttribute('aria-labelledby', 'discard-title');
  const form = document.createElement('form');
  form.method = 'dialog';
  form.className = 'ask';
  const title = document.createElement('h2');
  title.id = 'discard-title';
  title.textContent = question;
  const row = document.createElement('div');
  row.className = 'row';
  for (const [value, words, style] of [['keep', 'Keep editing', 'b'], ['discard', 'Discard', 'b df']]) {
    const button = document.createElement('button');
    button.value = value;
    button.className = style;
    button.textContent = words;
    row.append(button);
  }
  form.append(title, row);
  ask.append(form);
  document.body.append(ask);
  ask.showModal();
  return new Promise((resolve) => {
    ask.addEventListener('close', () => {
      ask.remove();
      resolve(ask.returnValue === 'discard');
    });
  });
}

// The same question for the form on a page of its own; its words belong to the browser.
addEventListener('beforeunload', (event) => {
  const form = document.querySelector('form[data-discard]');
  if (form && !form.dataset.sent && typed(form)) event.preventDefault();
});
