// Keeps parts of the page current. The server sends rendered parts by id; rows never move under the pointer.
const page = document.querySelector('[data-live]');
if (page) {
  const source = new EventSource(page.dataset.live);
  source.addEventListener('patch', ({ data }) => {
    for (const [id, html] of Object.entries(JSON.parse(data))) {
      const target = document.getElementById(id);
      if (target?.dataset.steady !== undefined && keepsPlace(target, html)) continue;
      if (target && target.dataset.last !== html && !(target.dataset.last === undefined && target.innerHTML === html)) {
        target.innerHTML = html;
        target.dataset.last = html;
      }
    }
  });
  // A note that comes or goes would push everything below it: it changes where it stands, or waits for the next page.
  function keepsPlace(target, html) {
    const none = html === '';
    if (target.childElementCount === 0) return true;
    target.classList.toggle('over', none);
    return none;
  }
  source.addEventListener('list', ({ data }) => {
    const list = document.getElementById('connectors');
    document.getElementById('list-changed')?.remove();
    if (!list || data === 'same') return;
    const line = document.createElement('p');
    line.className = 'pill';
    line.id = 'list-changed';
    line.setAttribute('role', 'status');
    const link = document.createElement('a');
    link.className = 'b sm';
    link.href = location.href;
    link.textContent = data === 'order' ? 'Order changed. Refresh' : 'The list changed. Refresh';
    line.append(link);
    list.before(line);
  });
  addEventListener('pagehide', () => source.close());
}
