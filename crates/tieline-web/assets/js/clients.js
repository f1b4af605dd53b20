// The client tabs of Connect your client: all panels are on the page, one is shown.
document.addEventListener('click', (event) => {
  const tab = event.target.closest('[data-client]');
  if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  for (const other of tab.parentElement.children) {
    if (other === tab) other.setAttribute('aria-current', 'true');
    else other.removeAttribute('aria-current');
  }
  for (const panel of document.querySelectorAll('[data-client-panel]')) panel.hidden = panel.id !== `client-${tab.dataset.client}`;
  const address = new URL(location.href);
  // A page that answers a form has another address; only the one that can be reloaded is changed.
  if (address.pathname === '/connect') {
    address.searchParams.set('client', tab.dataset.client);
    history.replaceState(null, '', address);
  }
});
