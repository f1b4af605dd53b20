// Shows what needs a script (`data-js`), hides what only stands in for one (`data-nojs`), and leads to the first error.

/** Prepares a page, or a part that was put into it. */
export function reveal(root) {
  for (const element of root.querySelectorAll('[data-js]')) element.hidden = false;
  for (const element of root.querySelectorAll('[data-nojs]')) element.hidden = true;
}

/** Focuses the summary of errors, or the first field that has one. */
export function leadToError(root) {
  (root.querySelector('#summary') ?? root.querySelector('[aria-invalid=true]'))?.focus();
}

reveal(document);
leadToError(document);

document.addEventListener('focusin', ({ target }) => {
  if (target.matches?.('[data-select]')) target.select();
});
document.addEventListener('change', ({ target }) => {
  if (target.matches('[data-submit]')) target.form.requestSubmit();
});
