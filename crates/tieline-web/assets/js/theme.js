// Changes the theme in place; the form saves it.
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-theme-form]')) return;
  event.preventDefault();
  const word = event.submitter?.value ?? 'system';
  if (word === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = word;
  for (const button of form.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button.value === word));
  await fetch(form.action, { method: 'POST', body: new URLSearchParams({ theme: word, next: '/' }), redirect: 'manual' });
});
