// What was said in calls: nothing is kept until an admin switches it on, hostile text stays text, and off deletes it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAccessible, assertFits, launch, picture, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { createKey, rowShows, setUp } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

const HOSTILE = '<script>globalThis.ran = true</script><img src=x onerror="globalThis.ran = true">\u202e';

for (const javaScript of [true, false]) {
  describe(`what was said in calls, ${javaScript ? 'with' : 'without'} scripts`, () => {
    let browser, tieline, server, page, key;

    before(async () => {
      [browser, tieline, server] = await Promise.all([launch(), startTieline(), startFakeMcp({ token: 'first-token-0001' })]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
      await mustRun(tieline, ['connector', 'add', 'Acme MCP', server.url, '--token-stdin'], 'first-token-0001');
      await rowShows(page, tieline, 'Acme MCP', 'Working');
      key = await createKey(page, tieline, 'Laptop');
    });

    after(async () => {
      await browser?.close();
      await Promise.all([tieline?.stop(), server?.stop()]);
    });

    const rows = () => page.locator('table.calls tbody tr');
    const say = (text) => eventually('a call is answered', async () => (await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: { text } })).body.result);
    /** The newest of so many calls: in its panel, or without scripts on its page. */
    const openNewest = async (count) => {
      await eventually('the call is on the page', async () => {
        await page.goto(`${tieline.url}/activity?live=off`);
        return (await rows().count()) === count;
      });
      await rows().first().getByRole('link').click();
      await page.waitForURL(/\/activity\/calls\//);
      await page.getByRole('heading', { level: 1, name: 'This call worked' }).waitFor();
    };

    test('nothing is kept at first, and the panel says where that is set', async () => {
      await say('before');
      await openNewest(1);
      await page.getByText('Arguments and results are not kept.').waitFor();
      await page.getByRole('link', { name: 'Settings, Data' }).click();
      await page.waitForURL(/\/settings\/data/);
      assert.ok(await page.getByRole('group', { name: 'Keep call content' }).getByRole('radio', { name: /^Off/ }).isChecked());
    });

    test('switched on after the page said whose calls become readable, it shows what was said as text', async () => {
      await page.goto(`${tieline.url}/settings/data`);
      await page.getByRole('group', { name: 'Keep call content' }).getByRole('radio', { name: /^On/ }).check();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('From now on every admin can read what the one person here send').waitFor();
      await page.getByRole('button', { name: 'Save all the same' }).click();
      await page.getByText('Saved. It acts at once.').waitFor();
      await say(`${HOSTILE} first-token-0001 ${'long '.repeat(8000)}`);
      await openNewest(2);
      const said = page.getByRole('region', { name: 'What was said' });
      await eventually('what was said is there', async () => {
        if (await said.count()) return true;
        await page.reload();
        return false;
      });
      const [sent, received] = await said.locator('pre').allInnerTexts();
      for (const text of [sent, received]) {
        assert.ok(text.includes('<script>globalThis.ran = true</script>') && text.includes('U+202E'), text.slice(0, 200));
        assert.ok(!text.includes('first-token-0001') && text.includes('[redacted]'), text.slice(0, 200));
      }
      await said.getByText(/^Cut at 16 KB of 39\.\d KB\.$/).first().waitFor();
      assert.equal(await page.evaluate(() => globalThis.ran).catch(() => undefined), undefined);
      assert.equal(await said.locator('script, img').count(), 0);
    });

    test('switched off, it is gone', async () => {
      await page.goto(`${tieline.url}/settings/data`);
      await page.getByRole('group', { name: 'Keep call content' }).getByRole('radio', { name: /^Off/ }).check();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('The arguments and results of 1 call are deleted within a minute, for good.').waitFor();
      await page.getByRole('button', { name: 'Save all the same' }).click();
      await page.getByText('Saved. It acts at once.').waitFor();
      await openNewest(2);
      await page.getByText('Arguments and results are not kept.').waitFor();
      assert.equal(await page.getByRole('region', { name: 'What was said' }).count(), 0);
    });
  });
}

test('a panel with what was said, in both themes and on a phone', async () => {
  const [browser, tieline, server] = await Promise.all([launch(), startTieline({ env: { TIELINE_KEEP_CONTENT: 'true' } }), startFakeMcp()]);
  try {
    const first = await visit(browser);
    await setUp(first, tieline);
    await mustRun(tieline, ['connector', 'add', 'Acme MCP', server.url]);
    await rowShows(first, tieline, 'Acme MCP', 'Working');
    const key = await createKey(first, tieline, 'Laptop');
    await eventually('a call is answered', async () => (await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: { text: `${HOSTILE} ${'a-word-without-any-break'.repeat(900)}` } })).body.result);
    const cookies = await first.context().storageState();
    await first.goto(`${tieline.url}/settings/data`);
    await first.getByText('Set by TIELINE_KEEP_CONTENT on the server.').waitFor();
    await first.leave();
    for (const { name, scheme, width, height } of [
      { name: 'light', scheme: 'light', width: 1440, height: 900 }, { name: 'dark', scheme: 'dark', width: 768, height: 900 }, { name: '390', scheme: 'light', width: 390, height: 844 },
    ]) {
      const page = await visit(browser, { scheme, width, height, auditing: true, cookies });
      await page.goto(`${tieline.url}/activity?live=off`);
      await page.locator('table.calls tbody tr').first().getByRole('link').click();
      await page.getByRole('region', { name: 'What was said' }).waitFor();
      await assertAccessible(page, `what was said, ${name}`);
      await assertFits(page, `what was said, ${name}`);
      await picture(page, `activity-said-${name}`);
      await page.leave();
    }
  } finally {
    await browser.close();
    await Promise.all([tieline.stop(), server.stop()]);
  }
});
