// Everything that the bridge table names, done once with one client; what it saw comes back as one object. The Python client
// in `bridge.py` does the same and prints the same, so that both are judged by the same tests.
import { eventually } from '../../e2e/support/tieline.mjs';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };

/** What a client of `@modelcontextprotocol/client` has to be made with. */
export const clientOptions = (modern) => ({ capabilities: CAPABILITIES, versionNegotiation: { mode: modern ? { pin: '2026-07-28' } : 'legacy' } });

/** Runs everything; `names` maps the server's own names and URIs to those that the endpoint shows. */
export async function observe(client, modern, { name, uri }) {
  const heard = { logs: [], updated: [], listChanged: 0 };
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { username: 'ada', email: 'ada@example.com', name: 'Ada' } }));
  client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: 'sampled' } }));
  client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///project', name: 'project' }] }));
  client.setNotificationHandler('notifications/message', ({ params }) => { heard.logs.push(params.data); });
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => { heard.updated.push(params.uri); });
  client.setNotificationHandler('notifications/tools/list_changed', () => { heard.listChanged += 1; });

  const call = (tool, args = {}, meta, options) => client.callTool({ name: name(tool), arguments: args, ...(meta && { _meta: meta }) }, options);
  const textOf = (result) => result.content[0].text;
  const code = (asking) => asking.then(() => 'no error', (error) => error.code);
  const seen = {};

  seen.tools = (await client.listTools()).tools.map((tool) => tool.name);
  seen.prompts = (await client.listPrompts()).prompts.map((prompt) => prompt.name);
  seen.resources = (await client.listResources()).resources.map((resource) => resource.uri);
  seen.templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
  seen.called = textOf(await call('test_simple_text'));
  seen.prompt = (await client.getPrompt({ name: name('test_prompt_with_arguments'), arguments: { arg1: 'one', arg2: 'two' } })).messages[0].content.text;
  const { contents: [read] } = await client.readResource({ uri: uri('test://static-text') });
  seen.read = { uri: read.uri, hasText: read.text.length > 0 };
  seen.expanded = (await client.readResource({ uri: uri('test://template/7/data') })).contents[0].uri;
  seen.embedded = (await call('test_embedded_resource')).content[0].resource.uri;
  const ref = { type: 'ref/prompt', name: name('test_prompt_with_arguments') };
  seen.completed = (await client.complete({ ref, argument: { name: 'arg1', value: 'par' } })).completion.values;
  seen.missing = { resource: await code(client.readResource({ uri: uri('test://nowhere') })), tool: await code(call('no_such_tool')) };
  seen.toolError = (await call('test_error_handling')).isError;

  seen.progress = [];
  await call('test_tool_with_progress', {}, undefined, { onprogress: ({ progress }) => seen.progress.push(progress) });
  if (!modern) await client.setLoggingLevel('debug');
  await call('test_tool_with_logging', {}, modern ? { [LOG_LEVEL]: 'debug' } : undefined);
  seen.logs = heard.logs;

  seen.elicited = textOf(await call('test_elicitation', { message: 'Who are you?' }));
  seen.sampled = textOf(await call('test_sampling', { prompt: 'Say something' }));
  seen.roots = textOf(await call('test_input_required_result_list_roots'));

  const before = textOf(await call('count_cancelled_calls'));
  const abort = new AbortController();
  const waiting = call('wait_to_be_cancelled', {}, undefined, { signal: abort.signal, onprogress: () => abort.abort('enough') });
  seen.cancelled = await waiting.then(() => 'answered', () => 'cancelled');
  await eventually('the server hears that the call is cancelled', async () => textOf(await call('count_cancelled_calls')) !== before);

  const watched = uri('test://watched-resource');
  const listening = modern
    ? await client.listen({ resourceSubscriptions: [watched], toolsListChanged: true })
    : await client.subscribeResource({ uri: watched });
  await call('touch_watched_resource');
  await eventually('the update is announced', () => heard.updated.length > 0);
  seen.updated = heard.updated;
  if (modern) {
    await call('test_trigger_tool_change');
    await eventually('the changed list is announced', () => heard.listChanged > 0, 15);
    await listening.close();
  } else {
    seen.pinged = await client.ping();
    await client.unsubscribeResource({ uri: watched });
  }
  seen.listChanged = heard.listChanged;
  await client.close();
  return seen;
}
