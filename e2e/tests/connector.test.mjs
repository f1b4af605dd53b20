// The page of one connector: try a tool, take a switch back, read why a call failed. With scripts and without.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask, toolNames } from '../support/gateway.mjs';
import { addConnector, createKey, rowShows, setUp } from '../support/pages.mjs';
import { eventually, startTieline } from '../support/tieline.mjs';

for (const javaScript of [true, false]) {
  describe(`with${javaScript ? '' : 'out'} JavaScript`, () => {
    let browser, tieline, server, page, key, broken = false;

    before(async () => {
      const answers = (_, response) => {
        if (broken) response.writeHead(502).end();
        return broken;
      };
      [browser, tieline, server] = await Promise.all([launch(), startTieline(), startFakeMcp({ answers })]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
      await addConnector(page, tieline, { name: 'Acme MCP', url: server.url });
      await rowShows(page, tieline, 'Acme MCP', '3 of 3');
      key = await createKey(page, tieline, 'laptop');
    });

    after(async () => {
      await browser?.close();
      await Promise.all([tieline?.stop(), server?.stop()]);
    });

    const open = (path) => page.goto(`${tieline.url}/integrations/c/acme_mcp${path}`);

    test('a tool is tried from a form made from its schema, and the call is listed', async () => {
      await open('');
      await page.locator('summary', { hasText: 'refund_order' }).click();
      await page.locator('li', { hasText: 'refund_order' }).getByRole('link', { name: 'Try this tool' }).click();
      await page.getByText('Runs for real, as you.').waitFor();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('This input is required.').waitFor();
      await page.getByRole('textbox', { name: /^id/ }).fill('1');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByRole('region', { name: 'Result' }).getByText('Done', { exact: true }).waitFor();
      await eventually('the call is listed', async () => {
        await open('?tab=calls');
        return (await page.getByText('Try this tool').count()) > 0;
      }, 5);
      await open('?tab=changes');
      await page.getByText('tried the tool').waitFor();
    });

    test('what was switched off is taken back from its notice', async () => {
      await open('');
      await page.getByRole('button', { name: 'All off' }).click();
      await page.getByText('All tools turned off for everyone.').waitFor();
      await eventually('no tools', async () => (await toolNames(tieline, key)).length === 0, 5);
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByText('Undone.').waitFor();
      await eventually('all tools', async () => (await toolNames(tieline, key)).length === 3, 5);
    });

    test('a server that fails is named as the cause, with the wire broken where it was', async () => {
      broken = true;
      await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} });
      await eventually('the failure is listed', async () => {
        await open('?tab=calls&outcome=upstream_failure');
        return (await page.getByRole('link', { name: 'Server failed' }).count()) > 0;
      }, 10);
      await page.getByRole('link', { name: 'Server failed' }).first().click();
      await page.getByRole('heading', { level: 1, name: 'The server failed' }).waitFor();
      const way = page.getByRole('region', { name: 'How far it came' });
      assert.equal(await way.locator('li.bad b').innerText(), 'HTTP');
      await page.getByRole('region', { name: 'What to do' }).waitFor();
    });
  });
}
