// Reads server-sent events from a fetch response, which EventSource cannot do for a POST.

/** Yields `{ event, data }` until the stream ends. */
export async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    for (;;) {
      const end = rest.search(/\r?\n\r?\n/);
      if (end < 0) break;
      const block = rest.slice(0, end);
      rest = rest.slice(end).replace(/^\r?\n\r?\n/, '');
      const lines = block.split(/\r?\n/);
      const field = (name) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
      const data = field('data').join('\n');
      if (data) yield { event: field('event')[0] ?? 'message', data };
    }
  }
}
