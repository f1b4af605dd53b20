// The core promise in a browser: set up, add a connector, see it work, use it, remove it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, picture, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask, toolNames } from '../support/gateway.mjs';
import { addButton, createKey, fillConnector, openAddForm, openIntegrations, rail, row, rowShows, setUp, testButton } from '../support/pages.mjs';
import { eventually, startTieline } from '../support/tieline.mjs';

const TOKEN = 'raw-token-without-scheme-7f3a';

for (const javaScript of [true, false]) {
  describe(`with${javaScript ? '' : 'out'} JavaScript`, () => {
    let browser, tieline, upstream, page, key;

    before(async () => {
      [browser, tieline, upstream] = await Promise.all([launch(), startTieline(), startFakeMcp({ token: TOKEN, header: 'X-Api-Key' })]);
      page = await visit(browser, { javaScript });
    });

    after(async () => {
      await browser?.close();
      await Promise.all([tieline?.stop(), upstream?.stop()]);
    });

    test('the setup link makes the first admin and signs them in', async () => {
      await setUp(page, tieline);
      await openIntegrations(page, tieline);
      const again = await visit(browser, { javaScript });
      const response = await again.goto(tieline.setupUrl());
      assert.ok(response.status() >= 400 || !again.url().includes('code='), 'the setup link works once only');
      await again.leave();
    });

    test('a connector with a token under Advanced settings is added and works', async () => {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Acme MCP', url: upstream.url, token: TOKEN, header: 'X-Api-Key' });
      await addButton(page).click();
      await row(page, 'Acme MCP').waitFor();
      const content = await rowShows(page, tieline, 'Acme MCP', 'Working');
      assert.match(content, /mcp__acme_mcp/);
      assert.match(content, /\b3\b/, 'its tools are counted');
      assert.ok(upstream.requests.length > 0);
      for (const request of upstream.requests) assert.equal(request.headers['x-api-key'], TOKEN, `${request.method} carries the token as entered`);
    });

    test('the token is nowhere to be seen afterwards', async () => {
      await openIntegrations(page, tieline);
      assert.ok(!(await page.content()).includes(TOKEN));
      assert.ok(!tieline.log().includes(TOKEN));
    });

    test('a key made on Connect your client lists and calls the tools', async () => {
      key = await createKey(page, tieline, 'Cursor, office PC');
      const names = await toolNames(tieline, key);
      assert.deepEqual(names.sort(), ['acme_mcp__echo', 'acme_mcp__refund_order', 'acme_mcp__search_orders']);
      const { body } = await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: { text: 'hello' } });
      assert.equal(body.result.content[0].text, 'echo: {"text":"hello"}');
      await page.goto(`${tieline.url}/connect`);
      assert.ok(!(await page.content()).includes(key), 'the key is shown once');
    });

    test('a test that fails shows which step broke and why', async () => {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Wrong token', url: upstream.url, token: 'nonsense-token-1234', header: 'X-Api-Key' });
      await testButton(page).click();
      const broken = rail(page).getByRole('listitem').filter({ hasText: 'The server rejected this token' });
      await broken.waitFor();
      assert.match(await broken.getAttribute('class'), /\bbad\b/, 'the break is marked where it is');
      await rail(page).getByText('Not encrypted').waitFor();
      await picture(page, `test-failed${javaScript ? '' : '-no-js'}`);
      assert.equal(await page.getByRole('textbox', { name: /^Name/ }).inputValue(), 'Wrong token', 'what was typed is kept');
      if (!javaScript) assert.equal(await page.getByLabel(/^Access token/).inputValue(), '', 'the token is not sent back');
      await openIntegrations(page, tieline);
      assert.equal(await row(page, 'Wrong token').count(), 0, 'nothing was saved');
    });

    test('a server that is not there is named with the reason', async () => {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Nobody home', url: 'http://127.0.0.1:9/mcp' });
      await testButton(page).click();
      await rail(page).getByText(/refuses connections on port 9|Tieline does not call port 9/).first().waitFor();
    });

    test('a name in use and a built-in name are refused with the right words', async () => {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Acme  mcp', url: upstream.url });
      await addButton(page).click();
      await page.getByText(/mcp__acme_mcp.* is used by/).first().waitFor();
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Linear', url: upstream.url });
      await addButton(page).click();
      await page.getByText(/mcp__linear.* belongs to the built-in Linear/).first().waitFor();
      await page.getByText('Linear 2').first().waitFor();
    });

    test('a removed connector is gone at once, from the page and from the gateway', async () => {
      await openIntegrations(page, tieline);
      await page.getByRole('button', { name: 'Actions for Acme MCP' }).click();
      await page.getByRole('link', { name: 'Remove…' }).click();
      await page.getByText('Remove Acme MCP?').first().waitFor();
      await page.getByRole('textbox', { name: 'Type acme_mcp to confirm' }).fill('acme_mcp');
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await openIntegrations(page, tieline);
      assert.equal(await row(page, 'Acme MCP').count(), 0);
      await eventually('the gateway forgets the tools', async () => (await toolNames(tieline, key)).length === 0, 2);
      const { body } = await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} });
      assert.ok(body.error || body.result.isError, 'a call is refused');
    });

    test('nothing on the way made the browser complain', async () => {
      await page.leave();
    });
  });
}
