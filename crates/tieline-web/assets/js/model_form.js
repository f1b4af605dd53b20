// The form of a model API: sent in place, so that the key that was typed is still there when the test failed.
import { replaceForm } from './dialog.js';

document.addEventListener('submit', async (event) => {
  const form = event.target.closest?.('form[data-model-form]');
  if (!form) return;
  event.preventDefault();
  if (form.getAttribute('aria-busy') === 'true') return;
  const pressed = event.submitter?.value;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const tests = ['add', 'save', 'test'].includes(pressed);
  form.setAttribute('aria-busy', 'true');
  say(form, tests ? 'Asking the model API…' : 'Saving…', true);
  try {
    // `form.action` would be the buttons of that name.
    const response = await fetch(form.getAttribute('action'), { method: 'POST', body, headers: { accept: 'text/html' } });
    if (response.redirected && response.ok && new URL(response.url).pathname !== '/signin') {
      location.assign(response.url);
      return;
    }
    const newer = replaceForm(form, await response.text());
    if (!newer) say(form, 'You were signed out, or this page is out of date. Nothing was changed. Open a new tab to sign in; what you typed is still here.');
    // The key that was typed is still in its field.
    newer?.querySelector('[data-key-again]')?.remove();
    newer?.querySelector('#failed')?.focus();
  } catch {
    say(form, 'Tieline did not answer. Nothing is known to be changed; try again.');
  }
  form.removeAttribute('aria-busy');
});

function say(form, text, busy) {
  const line = form.querySelector('[data-progress]');
  const words = document.createElement('span');
  words.textContent = text;
  line.replaceChildren(words);
  if (!busy) return;
  const spinner = document.createElement('span');
  spinner.className = 'spin sm';
  line.prepend(spinner);
}
