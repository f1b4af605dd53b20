// The one button that may be disabled: removal waits until the key was typed.
function check(form) {
  const field = form.querySelector('input[name=confirm]');
  const button = form.querySelector('[data-confirm-button]');
  button.disabled = field.value.trim() !== form.dataset.confirm;
}

document.addEventListener('input', ({ target }) => {
  const form = target.closest('form[data-confirm]');
  if (form) check(form);
});

new MutationObserver(() => {
  for (const form of document.querySelectorAll('dialog form[data-confirm]')) check(form);
}).observe(document.body, { childList: true });
for (const form of document.querySelectorAll('form[data-confirm]')) check(form);
