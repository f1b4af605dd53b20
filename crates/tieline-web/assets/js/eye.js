// Shows and hides a secret in its field.
document.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-eye]');
  if (!button) return;
  const field = document.getElementById(button.dataset.eye);
  const show = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(show));
  if (field.matches('[data-secret]') && CSS.supports('-webkit-text-security', 'disc')) field.classList.toggle('shown', show);
  else field.type = show ? 'text' : 'password';
});

/** Where text cannot be masked by style, a password field that managers leave alone comes closest. */
export function mask(root) {
  if (CSS.supports('-webkit-text-security', 'disc')) return;
  for (const field of root.querySelectorAll('[data-secret]')) {
    field.type = 'password';
    field.autocomplete = 'new-password';
  }
}
mask(document);
