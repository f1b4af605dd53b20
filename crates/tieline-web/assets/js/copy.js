// Copies a field or a snippet.
import { toast } from './toast.js';

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('[data-copy]');
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    toast('Copied.');
  } catch {
    // No permission, or no secure context: the text is selected, so that a key press copies it.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    toast('Selected. Press Ctrl+C to copy.');
  }
});
