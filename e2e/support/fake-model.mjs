// A model API for tests that follows a script: it speaks Anthropic's Messages as a stream of events.
import { createServer } from 'node:http';

/** Steps of an answer: text in pieces (`begins` is called right before the first is sent), tool calls, or a pause that the test ends. */
export const say = (...pieces) => ({ pieces });
export const call = (name, input = {}) => ({ name, input });
/** A step that waits for `release()`; `reached` resolves when the answer came to it. */
export function gate() {
  const gate = {};
  gate.reached = new Promise((resolve) => { gate.arrive = resolve; });
  gate.until = new Promise((resolve) => { gate.release = resolve; });
  return gate;
}

/**
 * Starts a model API on a free loopback port. `model.answers` is a list of answers, each a list of steps; every request
 * takes the next one. A request without tools and for a few tokens only is a test of the connection and takes none.
 */
export async function startFakeModel() {
  const model = { answers: [], requests: [] };
  const server = createServer(async (request, response) => {
    const body = JSON.parse((await readBody(request)) || '{}');
    const tested = body.max_tokens <= 16;
    if (!tested) model.requests.push({ headers: { ...request.headers }, body });
    const steps = tested ? [say('ok')] : model.answers.shift() ?? [say('Nothing is scripted.')];
    await answer(response, steps).catch(() => response.destroy());
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  model.url = `http://127.0.0.1:${server.address().port}`;
  model.stop = () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
  return model;
}

let calls = 0;

async function answer(response, steps) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  send('message_start', {
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'scripted', content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } },
  });
  let index = 0;
  let calling = false;
  for (const step of steps) {
    if (step.until) {
      step.arrive();
      await step.until;
    } else if (step.pieces) {
      send('content_block_start', { index, content_block: { type: 'text', text: '' } });
      for (const piece of step.pieces) {
        if (piece.until) {
          piece.arrive();
          await piece.until;
        } else {
          if (piece === step.pieces[0]) step.begins?.();
          send('content_block_delta', { index, delta: { type: 'text_delta', text: piece } });
        }
      }
      send('content_block_stop', { index });
      index += 1;
    } else {
      calling = true;
      calls += 1;
      send('content_block_start', { index, content_block: { type: 'tool_use', id: `toolu_${calls}`, name: step.name, input: {} } });
      const json = JSON.stringify(step.input);
      for (let at = 0; at < json.length; at += 7) send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: json.slice(at, at + 7) } });
      send('content_block_stop', { index });
      index += 1;
    }
  }
  send('message_delta', { delta: { stop_reason: calling ? 'tool_use' : 'end_turn', stop_sequence: null }, usage: { output_tokens: 20 } });
  send('message_stop', {});
  response.end();
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
