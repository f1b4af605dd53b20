// Settings, Models: an admin gives the agent a model; the key is tested first, with and without JavaScript.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { assertAccessible, assertNoOverflow, launch, picture, visit } from '../support/browser.mjs';
import { MEMBER, addPerson, setUp, signIn } from '../support/pages.mjs';
import { mustRun, startTieline } from '../support/tieline.mjs';

const KEY = 'sk-right-0123456789-k3Qf';

/** A model API that answers "ok" to the right key, and says the wrong one back to the others. */
async function startModelApi() {
  const server = createServer((request, response) => {
    const key = request.headers['x-api-key'];
    request.resume();
    if (key !== KEY) {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message: `invalid key ${key}` } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    send('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm-1', content: [], stop_reason: null, usage: { input_tokens: 3, output_tokens: 1 } } });
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'ok' } });
    send('content_block_stop', { index: 0 });
    send('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 1 } });
    send('message_stop', {});
    response.end();
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

const line = (page, name) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });

async function fill(page, { name, url, model = 'm-1', key }) {
  if (name) await page.getByLabel('Name').fill(name);
  if (url) await page.getByLabel('Base URL').fill(url);
  await page.getByLabel('Model', { exact: true }).fill(model);
  if (key) await page.getByLabel('API key', { exact: true }).fill(key);
}

for (const javaScript of [true, false]) {
  describe(`with${javaScript ? '' : 'out'} JavaScript`, () => {
    let browser, tieline, api, page;

    before(async () => {
      [browser, tieline, api] = await Promise.all([launch(), startTieline(), startModelApi()]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
    });

    after(async () => {
      await page?.leave();
      await browser?.close();
      await Promise.all([tieline?.stop(), api?.stop()]);
    });

    const open = (path) => page.goto(`${tieline.url}${path}`);

    test('the second step of the first run tests the key, or is skipped', async () => {
      await open('/setup/model');
      await page.getByRole('heading', { name: 'Which model should the agent use?' }).waitFor();
      assert.equal(await page.getByLabel('Base URL').inputValue(), 'https://api.anthropic.com');
      await page.getByRole('link', { name: 'OpenAI-compatible' }).click();
      assert.equal(await page.getByLabel('Base URL').inputValue(), 'https://api.openai.com/v1');
      await page.getByRole('button', { name: 'Skip' }).click();
      await page.waitForURL(/\/setup\/connector/);
    });

    test('a wrong key is refused in words, and can be saved anyway', async () => {
      await open('/settings');
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Models', exact: true }).click();
      await page.getByText('No model API yet').waitFor();
      await page.getByRole('link', { name: 'Add model API' }).first().click();
      await fill(page, { name: 'Claude', url: api.url, key: 'sk-wrong-0123456789' });
      await page.getByRole('button', { name: 'Test and add' }).click();
      await page.getByText('The test failed, so nothing was saved.').waitFor();
      await page.getByText('refused its key (HTTP 401)').waitFor();
      const kept = await page.getByLabel('API key', { exact: true }).inputValue();
      assert.equal(kept, javaScript ? 'sk-wrong-0123456789' : '', 'only a script keeps what was typed');
      const again = page.getByText('Type the key again');
      assert.equal(await again.isVisible(), !javaScript);
      assert.equal(await page.getByLabel('Name').inputValue(), 'Claude');
      if (!javaScript) await fill(page, { key: 'sk-wrong-0123456789' });
      await page.getByRole('button', { name: 'Add anyway' }).click();
      await line(page, 'Claude').getByText('Key ends in 6789').waitFor();
      await line(page, 'Claude').getByText('Default').waitFor();
    });

    test('a right key is tested and replaces it', async () => {
      await open('/settings/models');
      await line(page, 'Claude').getByRole('link', { name: 'Edit: Claude' }).click();
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('The test failed.').waitFor();
      await fill(page, { key: KEY });
      await page.getByRole('button', { name: 'Save changes' }).click();
      await line(page, 'Claude').getByText('Key ends in k3Qf').waitFor();
      assert.ok(!(await page.content()).includes(KEY));
    });

    test('another one becomes the default, falls back, and is removed with its consequence', async () => {
      await open('/settings/models/new');
      await fill(page, { name: 'Spare', url: api.url, key: KEY });
      await page.getByLabel(/^Fallback/).selectOption({ label: 'Claude' });
      await page.getByRole('button', { name: 'Test and add' }).click();
      await line(page, 'Spare').getByRole('button', { name: 'Make default: Spare' }).click();
      await line(page, 'Spare').getByText('Default', { exact: true }).waitFor();
      await line(page, 'Spare').getByText('Claude').waitFor();
      await line(page, 'Spare').getByRole('link', { name: 'Remove: Spare' }).click();
      await page.getByText('Claude becomes the default').waitFor();
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await line(page, 'Claude').getByText('Default', { exact: true }).waitFor();
      assert.equal(await line(page, 'Spare').count(), 0);
      const listed = JSON.parse(await mustRun(tieline, ['model', 'list', '--json']));
      assert.deepEqual(listed.map(({ name, default: isDefault }) => [name, isDefault]), [['Claude', true]]);
    });

    test('members are told whom to ask', async () => {
      if (javaScript) await addPerson(tieline, MEMBER, 'member');
      else return;
      const other = await visit(browser, { javaScript });
      await signIn(other, tieline, MEMBER);
      await other.goto(`${tieline.url}/settings/models`);
      await other.getByText('Ada Admin').first().waitFor();
      await other.leave();
    });
  });
}

test('the pages of models in both themes and on a phone', async () => {
  const [browser, tieline, api] = await Promise.all([launch(), startTieline(), startModelApi()]);
  try {
    const first = await visit(browser);
    await setUp(first, tieline);
    const cookies = await first.context().storageState();
    const look = async (path, name, act = async () => {}) => {
      for (const scheme of ['light', 'dark']) {
        for (const { size, width, height } of [{ size: '', width: 1280, height: 900 }, { size: '-390', width: 390, height: 844 }]) {
          const page = await visit(browser, { scheme, width, height, auditing: true, cookies });
          await page.goto(`${tieline.url}${path}`);
          await act(page);
          const what = `models-${name}-${scheme}${size}`;
          await assertNoOverflow(page, what);
          await assertAccessible(page, what);
          await picture(page, what);
          await page.leave();
        }
      }
    };
    await look('/settings/models', 'empty');
    await look('/setup/model', 'setup');
    const add = (name, model, more = []) => mustRun(tieline, ['model', 'add', '--kind', 'anthropic', '--name', name, '--base-url', api.url, '--model', model, '--key-stdin', ...more], KEY);
    await add('Claude', 'claude-sonnet-5-5');
    await add('A model API with a rather long name for a small telephone', 'accounts/northwind/models/a-model-with-a-rather-long-name', ['--fallback', 'Claude']);
    const { id } = JSON.parse(await mustRun(tieline, ['model', 'list', '--json']))[0];
    await look('/settings/models', 'list');
    await look('/settings', 'general');
    await look('/settings/models/new?kind=openai', 'new');
    await look(`/settings/models/${id}`, 'edit');
    await look(`/settings/models/${id}/remove`, 'remove');
    await look('/setup/model', 'setup-ready');
    await look('/settings/models/new', 'failed', async (page) => {
      await fill(page, { name: 'Other', url: api.url, key: 'sk-wrong-0123456789' });
      await page.getByRole('button', { name: 'Test and add' }).click();
      await page.getByText('The test failed, so nothing was saved.').waitFor();
    });
    await first.leave();
  } finally {
    await browser.close();
    await Promise.all([tieline.stop(), api.stop()]);
  }
});
