// The list of connectors when there are many: pages, orders, filters, several at once, and a page that stays open.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAccessible, launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { createKey, openIntegrations, row, rowShows, setUp } from '../support/pages.mjs';
import { ask, toolNames } from '../support/gateway.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

const MANY = 51;
const names = (page) => page.locator('#connectors .nm').allInnerTexts();
const bar = (page) => page.getByRole('form', { name: 'Selected connectors' });
const tick = (page, name) => page.getByRole('checkbox', { name: `Select ${name}` }).check({ force: true });

for (const javaScript of [true, false]) {
  describe(`with${javaScript ? '' : 'out'} JavaScript`, () => {
    let browser, tieline, server, page, key;

    before(async () => {
      [browser, tieline, server] = await Promise.all([launch(), startTieline(), startFakeMcp()]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
      await add('Acme MCP', server.url);
      await add('Runbooks', server.url);
      // Nothing listens there. They are off, so that nobody waits for them.
      for (let at = 1; at <= MANY; at += 1) await add(`Server ${String(at).padStart(2, '0')}`, 'http://127.0.0.1:9999/mcp', false);
      await rowShows(page, tieline, 'Acme MCP', '3 of 3');
      await rowShows(page, tieline, 'Runbooks', '3 of 3');
      key = await createKey(page, tieline, 'laptop');
    });

    after(async () => {
      await browser?.close();
      await Promise.all([tieline?.stop(), server?.stop()]);
    });

    /** As a script with the admin's cookie does it. */
    async function add(name, url, enabled = true) {
      const answer = await page.request.post(`${tieline.url}/api/v1/connectors`, { data: { name, url }, headers: { origin: tieline.url } });
      assert.equal(answer.status(), 201, await answer.text());
      if (!enabled) await page.request.patch(`${tieline.url}${answer.headers().location}`, { data: { enabled }, headers: { origin: tieline.url } });
    }
    const open = (path) => page.goto(`${tieline.url}${path}`);
    const query = () => new URL(page.url()).search;

    test('order, filter, search and page are all in the address', async () => {
      await openIntegrations(page, tieline);
      assert.deepEqual((await names(page)).slice(0, 3), ['Acme MCP', 'Runbooks', 'Server 01'], 'what works first, what is off last');
      await page.getByText(`1–50 of ${MANY + 2}`).waitFor();
      await page.getByText(/^6 tools on, about [\d,]+ tokens per session$/).waitFor();
      await page.getByText(/^\d+ built-in, 0 connected$/).waitFor();
      await page.getByRole('link', { name: 'Next', exact: true }).click();
      await page.getByText(`51–${MANY + 2} of ${MANY + 2}`).waitFor();
      assert.equal(query(), '?page=2');
      const sort = page.getByRole('navigation', { name: 'Sort' });
      await sort.getByRole('link', { name: 'Connector' }).click();
      await page.waitForURL(/\?sort=name$/);
      await sort.getByRole('link', { name: 'Connector' }).click();
      await page.waitForURL(/\?sort=-name$/);
      assert.equal((await names(page))[0], `Server ${MANY}`);
      await page.getByRole('navigation', { name: 'Filter' }).getByRole('link', { name: `Off ${MANY}` }).click();
      await page.waitForURL(/show=off/);
      assert.equal(query(), '?show=off&sort=-name');
      const search = page.getByRole('searchbox', { name: 'Search connectors and tools' });
      await search.fill('server 2');
      await search.press('Enter');
      await page.waitForURL(/q=server\+2/);
      assert.deepEqual(await names(page), Array.from({ length: 10 }, (_, at) => `Server ${29 - at}`));
      await page.goBack();
      assert.equal(query(), '?show=off&sort=-name');
      await open('/integrations?q=refund');
      assert.deepEqual(await names(page), ['Acme MCP', 'Runbooks']);
      await row(page, 'Runbooks').getByText('matches tool refund_order').waitFor();
      await open('/integrations?q=%3Cimg+src=x%3E');
      await page.getByText('Nothing matches “<img src=x>”.').waitFor();
      await page.getByRole('link', { name: 'Clear search' }).click();
      await page.getByText(`1–50 of ${MANY + 2}`).waitFor();
    });

    test('several are turned off after the page said who is affected, and on again', async () => {
      await open('/integrations?sort=name');
      await tick(page, 'Acme MCP');
      await tick(page, 'Runbooks');
      if (javaScript) await bar(page).getByText('2 selected').waitFor();
      await bar(page).getByRole('button', { name: 'Turn off' }).click();
      await page.getByRole('heading', { name: 'Turn off 2 connectors?' }).waitFor();
      await page.getByText('Running sessions get “turned off by an admin”.').waitFor();
      await page.getByText('3 tools · nobody used it in 7 days').first().waitFor();
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.waitForURL(/slug=acme_mcp/);
      assert.ok(await page.getByRole('checkbox', { name: 'Select Runbooks' }).isChecked(), 'what was ticked is ticked again');
      await bar(page).getByRole('button', { name: 'Turn off' }).click();
      await page.getByRole('button', { name: 'Turn off', exact: true }).click();
      await page.getByText('2 connectors turned off for everyone.').waitFor();
      assert.equal((await toolNames(tieline, key)).length, 0);
      await tick(page, 'Acme MCP');
      await tick(page, 'Runbooks');
      await bar(page).getByRole('button', { name: 'Turn on' }).click();
      await page.getByText('2 connectors turned on.').first().waitFor();
      await eventually('the tools are back', async () => (await toolNames(tieline, key)).length === 6, 10);
    });

    test('several are removed by typing how many', async () => {
      await open('/integrations?q=server+4&sort=name');
      for (const at of [40, 41, 42]) await tick(page, `Server ${at}`);
      await bar(page).getByRole('button', { name: 'Remove…' }).click();
      await page.getByRole('heading', { name: 'Remove 3 connectors?' }).waitFor();
      const typed = page.getByLabel('Type remove 3 to confirm');
      await typed.fill('remove 2');
      const remove = page.getByRole('button', { name: 'Remove', exact: true });
      if (javaScript) {
        assert.ok(await remove.isDisabled(), 'a wrong word removes nothing');
      } else {
        await remove.click();
        await page.getByText('Type exactly: remove 3. Nothing was removed.').waitFor();
      }
      await typed.fill('remove 3');
      await remove.click();
      await page.getByText('3 connectors removed.').waitFor();
      assert.equal(query().includes('q=server'), true, 'back where it began');
      assert.deepEqual((await names(page)).slice(0, 2), ['Server 43', 'Server 44'], 'the others stay');
    });
  });
}

describe('a page that stays open', () => {
  let browser, tieline, servers, page;
  const broken = new Set();

  before(async () => {
    const serve = (name) => startFakeMcp({
      answers: (_, response) => {
        if (broken.has(name)) response.writeHead(502).end();
        return broken.has(name);
      },
    });
    [browser, tieline, ...servers] = await Promise.all([launch(), startTieline(), serve('Alpha'), serve('Beta'), serve('Gamma')]);
    page = await visit(browser);
    await setUp(page, tieline);
    for (const [at, name] of ['Alpha', 'Beta', 'Gamma'].entries()) await mustRun(tieline, ['connector', 'add', name, servers[at].url]);
    await rowShows(page, tieline, 'Gamma', 'Working');
  });

  after(async () => {
    await browser?.close();
    await Promise.all([tieline?.stop(), ...(servers ?? []).map((server) => server.stop())]);
  });

  /** As another admin's program asks for it. */
  const check = (slug) => page.request.post(`${tieline.url}/api/v1/connectors/${slug}/test`, { headers: { origin: tieline.url } });

  test('shows what happens where it stands: nothing moves, and a pill offers the new order', async () => {
    await openIntegrations(page, tieline);
    await page.evaluate(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => { for (const { value } of list.getEntries()) globalThis.shift += value; }).observe({ type: 'layout-shift', buffered: false });
    });
    broken.add('Gamma');
    await check('gamma');
    await row(page, 'Gamma').getByText('Server failed', { exact: true }).waitFor();
    assert.deepEqual(await names(page), ['Alpha', 'Beta', 'Gamma'], 'no row moves under the pointer');
    const pill = page.getByRole('link', { name: 'Order changed. Refresh' });
    await pill.waitFor();
    await page.getByRole('navigation').getByText('1', { exact: true }).first().waitFor();
    assert.equal(await page.evaluate(() => globalThis.shift), 0, 'nothing moved');
    await pill.click();
    await page.getByText('Gamma stopped working').waitFor();
    assert.deepEqual(await names(page), ['Gamma', 'Alpha', 'Beta']);
  });

  test('a note about what works again does not pull the list up', async () => {
    await page.getByText('Gamma stopped working').waitFor();
    const top = async () => (await page.locator('#connectors').boundingBox()).y;
    const before = await top();
    broken.delete('Gamma');
    await check('gamma');
    await row(page, 'Gamma').getByText('Working', { exact: true }).waitFor();
    await page.getByText('Gamma stopped working').waitFor({ state: 'hidden' });
    assert.equal(await top(), before);
  });

  test('the bars of the last 24 hours renew themselves where they stand', async () => {
    const key = await createKey(page, tieline, 'Laptop');
    const call = () => eventually('a call is answered', async () => (await ask(tieline, key, 'tools/call', { name: 'alpha__echo', arguments: {} })).body.result);
    const watchShifts = () => page.evaluate(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => { for (const { value } of list.getEntries()) globalThis.shift += value; }).observe({ type: 'layout-shift', buffered: false });
    });
    await openIntegrations(page, tieline);
    await watchShifts();
    const bars = page.locator('#live-ac-alpha');
    assert.equal(await bars.innerText(), '0');
    await call();
    await bars.getByText('1', { exact: true }).waitFor();
    await bars.getByRole('img', { name: '1 call in the last 24 hours, none failed' }).waitFor();
    assert.equal(await page.evaluate(() => globalThis.shift), 0, 'nothing moved');
    await page.goto(`${tieline.url}/integrations/c/beta`);
    await page.mouse.move(2, 2);
    await watchShifts();
    const day = page.locator('#live-day-beta');
    await day.getByRole('img', { name: 'No calls in the last 24 hours' }).waitFor();
    await ask(tieline, key, 'tools/call', { name: 'beta__echo', arguments: {} });
    await day.getByRole('img', { name: '1 call in the last 24 hours, none failed' }).waitFor();
    assert.match(await day.innerText(), /Typical time\s+\d+ ms/);
    assert.equal(await page.evaluate(() => globalThis.shift), 0, 'nothing moved');
  });

  test('the keys of the list work, and nobody is shut out of it', async () => {
    await openIntegrations(page, tieline);
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.name), 'q');
    await page.getByRole('link', { name: 'Beta', exact: true }).focus();
    await page.keyboard.press('x');
    await bar(page).getByText('1 selected').waitFor();
    assert.ok(await page.getByRole('checkbox', { name: 'Select Beta' }).isChecked());
    await bar(page).getByRole('button', { name: 'Clear' }).click();
    await bar(page).waitFor({ state: 'hidden' });
    const auditor = await visit(browser, { auditing: true, cookies: await page.context().storageState() });
    await openIntegrations(auditor, tieline);
    await tick(auditor, 'Beta');
    await assertAccessible(auditor, 'Integrations with a connector ticked');
    await auditor.leave();
    await page.leave();
  });
});
