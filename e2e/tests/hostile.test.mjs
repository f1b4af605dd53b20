// U13 and U14: sixty texts that would be scripts or requests, in every field that a server or a person names, on every page
// that shows them, under the policy that the product sends. Nothing runs, nothing is asked of anybody else, and the texts are there.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { call, say, startFakeModel } from '../support/fake-model.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { ADMIN, MEMBER, addPerson, createKey, fillConnector, openAddForm, setUp, signIn, testButton } from '../support/pages.mjs';
import { mark, payloads } from '../support/payloads.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

let browser, tieline, away, server, broken, model, page, key, texts;
/** What reached the server elsewhere, and what the browser tried. */
const reached = [];
let tried = [];

before(async () => {
  away = createServer((request, response) => {
    reached.push(request.url);
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
  });
  await new Promise((resolve) => { away.listen(0, '127.0.0.1', resolve); });
  texts = payloads(`http://127.0.0.1:${away.address().port}`);
  assert.equal(texts.length, 60);
  [browser, tieline, model, server, broken] = await Promise.all([
    launch(), startTieline({ env: { TIELINE_CHECK_INTERVAL_SECONDS: '1', TIELINE_ORGANIZATION: texts[1].slice(0, 60) } }), startFakeModel(),
    startFakeMcp({ tools: tools(''), answers: (_, response) => hostile(server, response) }),
    startFakeMcp({ answers: (_, response) => { response.writeHead(500, { 'content-type': 'text/html' }).end(texts.slice(0, 12).join('\n')); return true; } }),
  ]);
  page = await visit(browser);
  page.on('request', (request) => tried.push(request.url()));
  page.on('dialog', (dialog) => {
    // Leaving a form that was typed into asks the browser's own question.
    if (dialog.type() === 'beforeunload') return dialog.accept();
    page.trouble.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await setUp(page, tieline);
  key = await createKey(page, tieline, 'laptop');
  await mustRun(tieline, ['model', 'add', '--kind', 'anthropic', '--name', texts[12].slice(0, 60), '--base-url', model.url, '--model', 'scripted', '--key-stdin'], 'sk-test-key-abcdef');
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), model?.stop(), server?.stop(), broken?.stop()]);
  await new Promise((resolve) => { away.close(resolve); away.closeAllConnections(); });
});

/** A tool for each text, which is its title, its description and everything in its schema. */
function tools(more, annotations = { readOnlyHint: true }) {
  const icons = [{ src: `http://127.0.0.1:${away.address().port}/icon.svg`, mimeType: 'image/svg+xml' }, { src: 'data:image/svg+xml,<svg onload="globalThis.hacked=1"/>' }];
  return texts.map((text, index) => ({
    name: `tool_${mark(index)}`,
    title: text,
    description: `${text}${more}`,
    inputSchema: { type: 'object', title: text, description: text, properties: { [text]: { type: 'string', title: text, description: text, default: text, enum: [text, 'other'] }, plain: { type: 'string', description: text, examples: [text] } } },
    annotations: { title: text, ...annotations },
    icons,
  }));
}

/** Answers a call with the text that it names, as a result or as an error, and says who it is with all of them. */
function hostile(server, response) {
  const message = JSON.parse(server.requests.at(-1).body || '{}');
  const meta = { 'io.modelcontextprotocol/serverInfo': { name: texts[13], title: texts[14], version: texts[15], websiteUrl: `javascript:globalThis.hacked=1` } };
  const answer = (body) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: message.id, ...body }));
    return true;
  };
  if (message.method === 'server/discover') {
    return answer({ result: { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, instructions: texts.join('\n'), ttlMs: 60000, cacheScope: 'public', resultType: 'complete', _meta: meta } });
  }
  if (message.method !== 'tools/call') return false;
  const { name, arguments: given } = message.params;
  const text = texts[Number(/p(\d\d)q/.exec(name)?.[1] ?? 0)];
  if (given?.plain === 'fail') return answer({ error: { code: -32000, message: text, data: { text } } });
  const content = [...texts.map((text) => ({ type: 'text', text })),
    { type: 'resource_link', uri: 'javascript:globalThis.hacked=1', name: text, title: text, description: text, mimeType: 'text/html' },
    { type: 'resource', resource: { uri: 'ui://x', mimeType: 'text/html', text } },
    { type: 'image', data: 'PHN2ZyBvbmxvYWQ9ImhhY2tlZD0xIi8+', mimeType: 'image/svg+xml' }];
  return answer({ result: { content, isError: given?.plain === 'no', structuredContent: { text }, resultType: 'complete' } });
}

async function api(method, path, body) {
  const headers = { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) };
  const answer = await fetch(`${tieline.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() };
}

/** Opens what is closed, gives everything the focus and the mouse, and looks for what must not be there. */
async function look(what, wanted = 0, on = page) {
  const found = await on.evaluate(async () => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const element of document.querySelectorAll('main a, main input, main button, main select, main li')) {
      element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
      element.focus?.({ preventScroll: true });
    }
    await new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
    const wrong = [];
    const active = new Set(['href', 'src', 'action', 'formaction', 'data', 'poster', 'srcset', 'srcdoc', 'xlink:href', 'background']);
    for (const element of document.querySelectorAll('*')) {
      const tag = element.tagName.toUpperCase();
      if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'STYLE', 'AUDIO', 'VIDEO', 'MARQUEE', 'IMG', 'ANIMATE', 'MATH'].includes(tag)) wrong.push(tag);
      // The product's own scripts are files; a page that waits for an answer loads itself anew where scripts are off.
      if (tag === 'SCRIPT' && !element.getAttribute('src')?.startsWith('/assets/')) wrong.push(`${tag} ${element.textContent}`);
      if (tag === 'META' && element.httpEquiv !== '') wrong.push(`${tag} ${element.httpEquiv}`);
      for (const { name, value } of element.attributes) {
        if (name.startsWith('on') || name === 'style') wrong.push(`${element.tagName} ${name}=${value}`);
        // A link to somewhere else in what a model wrote is followed only by a person; nothing else may lead away, but the
        // link that adds Tieline to Cursor.
        const leads = active.has(name) && !/^(\/(?!\/)|#|\?|$)/.test(value) && !value.startsWith(location.origin);
        if (leads && !value.startsWith('cursor://') && !(element.tagName === 'A' && /^(https?:|mailto:)/.test(value) && element.rel.includes('noreferrer'))) wrong.push(`${element.tagName} ${name}=${value}`);
      }
    }
    if (globalThis.hacked !== undefined) wrong.push('a script ran');
    const shown = document.documentElement.textContent + [...document.querySelectorAll('input, textarea, option')].map((field) => field.value).join(' ');
    return { wrong, marks: new Set(shown.match(/p\d\dq/g)).size, at: location.href };
  });
  assert.deepEqual(found.wrong, [], what);
  assert.deepEqual(on.trouble, [], `${what}: the policy had to refuse something`);
  assert.ok(found.at.startsWith(tieline.url), `${what}: the browser stayed`);
  assert.ok(found.marks >= wanted, `${what} shows ${found.marks} of the texts instead of ${wanted}`);
  const elsewhere = tried.filter((url) => !url.startsWith(`${tieline.url}/`) && !url.startsWith('data:'));
  assert.deepEqual(elsewhere, [], `${what} asks somebody else`);
  assert.deepEqual(reached, [], what);
  tried = [];
}

/** A page that puts each text in as it came, which is what all others must not do: everything that is a script or a request is noticed. */
test('U13 U14 what is looked for would be found', async () => {
  let put;
  const careless = await visit(browser, { cookies: await page.context().storageState() });
  await careless.route('**/settings', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/<main[^>]*>/, (main) => `${main}${put}`) });
  });
  const show = async (text) => {
    [put, careless.trouble, reached.length, tried] = [text, [], 0, []];
    await careless.goto(`${tieline.url}/settings`, { waitUntil: 'domcontentloaded' });
  };
  await show('<p>p00q</p>');
  await look('a page as it is', 1, careless);
  for (const [index, text] of texts.entries()) {
    // These need an attribute, Markdown or a template around them to be more than text.
    if (index >= 45 && index < 58) continue;
    await assert.rejects(show(text).then(() => look(text, 0, careless)), `${text} would not be noticed`);
    // Where a text led the browser away, that ends before the next one comes.
    await careless.goto('about:blank').catch(() => careless.waitForLoadState());
  }
  await show('<p>p00q</p>');
  await look('the page as it was', 1, careless);
  await careless.context().close();
  reached.length = 0;
});

const open = (path) => page.goto(`${tieline.url}${path}`);

test('U13 U14 what a server says about its tools', async () => {
  assert.equal((await api('POST', '/connectors', { name: 'Hostile', url: server.url })).status, 201);
  await eventually('its tools are known', async () => (await api('GET', '/connectors/hostile')).body.tools_total === 60, 20);
  await open('/integrations/c/hostile');
  await look('the tools', 60);
  for (const index of [0, 12, 18, 45, 50]) {
    await open(`/integrations/c/hostile/try?tool=tool_${mark(index)}`);
    await look(`trying tool ${index}`, 1);
  }
  for (const tab of ['connection', 'calls', 'changes']) {
    await open(`/integrations/c/hostile?tab=${tab}`);
    await look(tab);
  }
  await open('/connect');
  await look('the tools that members see');
});

test('U13 what a person types is kept as it is', async () => {
  let accepted = 0;
  for (const [index, text] of texts.entries()) {
    const { status } = await api('POST', '/connectors', { name: text, slug: `named_${index}`, url: index < 4 ? server.url : broken.url });
    if (status === 201) accepted += 1;
    else assert.equal(status, 422, text);
    await api('POST', '/keys', { name: text });
    await api('POST', '/users', { email: `person${index}@example.com`, name: text });
  }
  assert.ok(accepted > 20, `${accepted} names are possible`);
  for (const path of ['/integrations', '/integrations?page=2', '/users', '/connect', '/activity?tab=audit', '/settings/models']) {
    await open(path);
    await look(path, path === '/settings/models' ? 1 : 10);
  }
  const named = (await api('GET', '/connectors')).body.filter(({ slug }) => slug.startsWith('named_'));
  for (const { slug } of named.slice(0, 8)) {
    for (const rest of ['?tab=connection', '?tab=changes', '/remove']) {
      await open(`/integrations/c/${slug}${rest}`);
      await look(`${slug}${rest}`, 1);
    }
  }
  for (const { slug } of named) await api('DELETE', `/connectors/${slug}`);
  for (const [index, text] of texts.entries()) {
    const typed = encodeURIComponent(text);
    // Each text is reflected in one of the ways in which a page repeats what an address says.
    const path = [`/integrations?q=${typed}`, `/signin?next=${typed}`, `/${typed}`, `/integrations?show=${typed}`, `/activity?connector=${typed}&outcome=${typed}`][index % 5];
    await open(path);
    await look(path);
    if (index % 5) continue;
    assert.ok((await page.content()).includes(mark(index)), 'the search is repeated');
  }
});

test('U13 what a client calls itself', async () => {
  for (const [index, text] of texts.entries()) {
    if (index % 3) continue;
    const made = await api('POST', '/keys', { name: `client ${index}` });
    const { status } = await ask(tieline, made.body.key, 'tools/list', {}, '/mcp', { name: text, version: text });
    assert.equal(status, 200, text);
  }
  await eventually('the clients are shown', async () => {
    await open('/connect');
    return (await page.getByRole('row').filter({ hasText: 'client 57' }).innerText()).includes('onerror');
  });
  await look('clients');
});

test('U13 a form that is refused, and the test of a hostile server', async () => {
  for (const index of [0, 1, 3, 4, 13, 33, 50, 51]) {
    await openAddForm(page, tieline);
    await page.locator('summary', { hasText: 'Advanced settings' }).press('Enter');
    await fillConnector(page, { name: texts[index], url: `ftp://${texts[index]}`, header: texts[index] });
    await testButton(page).click();
    await page.locator('[aria-invalid=true]').first().waitFor();
    await look(`a refused form ${index}`, 1);
  }
  for (const url of [server.url, broken.url]) {
    await openAddForm(page, tieline);
    await fillConnector(page, { name: 'Tested', url });
    await testButton(page).click();
    await page.getByRole('button', { name: 'Test again' }).waitFor();
    await look('a test', url === server.url ? 1 : 0);
  }
  const header = encodeURI(texts[0]).replaceAll('%3C', '<').replaceAll('%3E', '>');
  const oddities = [
    (response) => response.writeHead(302, { location: `http://127.0.0.1:9/"><script>globalThis.hacked=1</script>` }).end(),
    (response) => response.writeHead(302, { location: 'javascript:globalThis.hacked=1' }).end(),
    (response) => response.writeHead(401, { 'www-authenticate': `Bearer error="${header}", resource_metadata="javascript:globalThis.hacked=1"` }).end(),
    (response) => response.writeHead(403, { 'www-authenticate': `Bearer scope="${header}" error_description=${header}`, 'content-type': 'text/html' }).end(texts[0]),
    (response) => response.writeHead(429, { 'retry-after': header }).end(texts[12]),
    (response) => response.writeHead(200, { 'content-type': header }).end(texts[12]),
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32022, message: texts[0], data: { supported: texts, requested: texts[1] } } })),
    (response, id) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: { protocolVersion: texts[12], capabilities: {}, serverInfo: { name: texts[13], version: texts[12] } } })),
  ];
  for (const [index, oddity] of oddities.entries()) {
    const odd = await startFakeMcp({ answers: (_, response) => { oddity(response, JSON.parse(odd.requests.at(-1).body || '{}').id); return true; } });
    try {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Odd', url: odd.url, token: index % 2 ? 'Bearer x' : undefined });
      await testButton(page).click();
      await page.getByRole('button', { name: 'Test again' }).waitFor();
      await look(`oddity ${index}`);
    } finally {
      await odd.stop();
    }
  }
});

test('U13 what a server answers when it fails, on the page that explains it', async () => {
  assert.equal((await api('POST', '/connectors', { name: 'Broken', url: broken.url })).status, 201);
  for (const index of texts.keys()) {
    await ask(tieline, key, 'tools/call', { name: `hostile__tool_${mark(index)}`, arguments: { plain: index % 2 ? 'fail' : 'no' } });
  }
  const calls = await eventually('all calls are recorded', async () => {
    const { items } = (await api('GET', '/calls?limit=200')).body;
    return items.length >= 60 && items;
  });
  for (const { id } of calls) {
    await open(`/activity/calls/${id}`);
    await look(`call ${id}`, 1);
  }
  for (const path of ['/activity', '/integrations', '/integrations/c/hostile?tab=calls', '/integrations/c/broken']) {
    await open(path);
    await look(path);
  }
});

test('U13 U14 what a tool and a model answer, in the chat', async () => {
  model.answers.push([say('Looking.'), call(`mcp__hostile__tool_${mark(0)}`, { plain: texts[0] }), call(`mcp__hostile__tool_${mark(1)}`, { plain: 'no' })], [say(...texts.map((text) => `${text}\n\n`))]);
  await open('/chat');
  await page.getByRole('textbox', { name: 'Message' }).fill(texts.slice(0, 20).join(' '));
  await page.getByRole('textbox', { name: 'Message' }).press('Enter');
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await page.locator('#talk[data-work=idle]').waitFor();
  await eventually('the answer is there', async () => (await page.locator('#talk').innerText()).includes(mark(59)));
  await look('a conversation as it comes', 60);
  await page.reload();
  await look('a conversation', 60);
  await open('/chat');
  await look('the list of conversations');
});

test('U13 the result of a tool that is tried', async () => {
  await open(`/integrations/c/hostile/try?tool=tool_${mark(2)}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('region', { name: 'Result' }).waitFor();
  await look('a result', 20);
});

test('U13 what changed, in the review', async () => {
  server.tools = tools(' changed', { destructiveHint: true });
  await eventually('all changes wait', async () => (await api('GET', '/connectors/hostile/changes')).body.length === 60, 20);
  await open('/integrations/c/hostile/review');
  await look('the review', 60);
});

test('U13 a member with such a name sees no more of it than text', async () => {
  await addPerson(tieline, { ...MEMBER, name: texts[14].slice(0, 60) }, 'member');
  await page.context().clearCookies();
  await signIn(page, tieline, MEMBER);
  for (const path of ['/connect', '/chat', '/integrations', '/account/password']) {
    await open(path);
    await look(path);
  }
  await page.context().clearCookies();
  await signIn(page, tieline, ADMIN);
  await page.leave();
});
