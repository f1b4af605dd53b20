// Activity: who called what, filtered by what the URL says, and as a file.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { assertAccessible, assertFits, launch, picture, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { MEMBER, addPerson, createKey, rowShows, setUp, signIn } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

let browser, tieline, orders, ledger, page, key;

before(async () => {
  [browser, tieline, orders, ledger] = await Promise.all([launch(), startTieline(), startFakeMcp(), startFakeMcp()]);
  page = await visit(browser);
  await setUp(page, tieline);
  await mustRun(tieline, ['connector', 'add', 'Acme MCP', orders.url]);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', ledger.url]);
  await rowShows(page, tieline, 'Acme MCP', 'Working');
  await rowShows(page, tieline, 'Billing warehouse', 'Working');
  key = await createKey(page, tieline, 'Laptop');
  ledger.token('another-token-now');
  await eventually('a call is answered', async () => (await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} })).body.result);
  await ask(tieline, key, 'tools/call', { name: 'billing_warehouse__echo', arguments: {} });
  await eventually('both calls are on the page', async () => {
    await page.goto(`${tieline.url}/activity`);
    return (await calls().count()) >= 2;
  });
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), orders?.stop(), ledger?.stop()]);
});

const calls = (on = page) => on.locator('table.calls tbody tr');
const callEcho = () => ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} });
const signedIn = (options = {}) => page.context().storageState().then((cookies) => visit(browser, { ...options, cookies }));

test('a filter leaves what fits, and the address holds it', async () => {
  await page.goto(`${tieline.url}/activity`);
  await page.getByLabel('Connector').selectOption('Billing warehouse');
  await page.waitForURL(/connector=billing_warehouse/);
  assert.deepEqual(await calls().allInnerTexts().then((rows) => rows.filter((row) => !row.includes('Billing warehouse'))), []);
  await page.getByLabel('Person').selectOption('Ada Admin');
  await page.waitForURL(/person=[0-9a-f-]{36}/);
  assert.equal(await page.getByLabel('Connector').inputValue(), 'billing_warehouse');
  await page.getByLabel('Result').selectOption('Failed');
  await page.waitForURL(/outcome=upstream_failure/);
  await page.getByText('Token').first().waitFor();
  await page.getByLabel('Result').selectOption('Done');
  await page.getByText('No call fits').waitFor();
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await calls().nth(1).waitFor();
});

test('a search finds tools, people and connectors, and `/` leads to it', async () => {
  await page.goto(`${tieline.url}/activity`);
  await page.keyboard.press('/');
  await page.keyboard.type('BILLING');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=BILLING/);
  const rows = await calls().allInnerTexts();
  assert.ok(rows.length >= 1 && rows.every((row) => row.includes('Billing warehouse')), rows.join('\n'));
  await page.getByLabel('Search calls').fill('<b>no such thing</b>');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing matches “<b>no such thing</b>”.').waitFor();
  await page.getByRole('link', { name: 'Clear search' }).click();
  await calls().nth(1).waitFor();
});

test('tools can be chosen once their connector is, and time leaves out what is older', async () => {
  await page.goto(`${tieline.url}/activity`);
  assert.equal(await page.getByLabel('Tool', { exact: true }).count(), 0);
  await page.getByLabel('Connector').selectOption('Acme MCP');
  await page.waitForURL(/connector=acme_mcp/);
  await page.getByLabel('Tool', { exact: true }).selectOption('refund_order');
  await page.waitForURL(/tool=refund_order/);
  await page.getByText('No call fits').waitFor();
  await page.getByLabel('Tool', { exact: true }).selectOption('echo');
  await page.waitForURL(/tool=echo/);
  await page.getByLabel('Time', { exact: true }).selectOption('Last hour');
  await page.waitForURL(/time=1h/);
  await calls().first().waitFor();
  assert.equal(await page.getByLabel('Tool', { exact: true }).inputValue(), 'echo');
});

test('new calls come by themselves without moving anything, wait under the pointer, and can be paused', async () => {
  const open = await signedIn();
  await open.goto(`${tieline.url}/activity`);
  await calls(open).first().waitFor();
  const before = await calls(open).count();
  await open.mouse.move(2, 2);
  await open.evaluate(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => globalThis.shifts.push(...list.getEntries().map(({ value, sources }) => [value, sources.map(({ node }) => node?.nodeName)])))
      .observe({ type: 'layout-shift' });
  });
  await callEcho();
  await calls(open).nth(before).waitFor();
  assert.match(await calls(open).first().innerText(), /Acme MCP/);
  assert.deepEqual(await open.evaluate(() => globalThis.shifts), []);

  await calls(open).first().hover();
  await callEcho();
  await open.getByText('Waiting').waitFor();
  assert.equal(await calls(open).count(), before + 1);
  await open.mouse.move(2, 2);
  await calls(open).nth(before + 1).waitFor();
  await open.getByText('Waiting').waitFor({ state: 'detached' });

  await open.getByRole('switch', { name: 'Live' }).click();
  await open.waitForURL(/live=off/);
  assert.equal(await open.getByRole('switch', { name: 'Live' }).getAttribute('aria-checked'), 'false');
  assert.equal(await open.locator('[data-live]').count(), 0);
  await open.getByLabel('Connector').selectOption('Acme MCP');
  await open.waitForURL((url) => url.searchParams.get('live') === 'off' && url.searchParams.get('connector') === 'acme_mcp');
  await open.getByRole('switch', { name: 'Live' }).click();
  await open.waitForURL((url) => !url.searchParams.has('live') && url.searchParams.get('connector') === 'acme_mcp');
  await open.locator('[data-live]').first().waitFor();
  await open.leave();
});

test('the first call of all appears on the empty page', async () => {
  const [fresh, server] = await Promise.all([startTieline(), startFakeMcp()]);
  const open = await visit(browser);
  try {
    await setUp(open, fresh);
    await mustRun(fresh, ['connector', 'add', 'Acme MCP', server.url]);
    await rowShows(open, fresh, 'Acme MCP', 'Working');
    const laptop = await createKey(open, fresh, 'Laptop');
    await open.goto(`${fresh.url}/activity`);
    await open.getByText('No calls yet').waitFor();
    await open.mouse.move(2, 2);
    await ask(fresh, laptop, 'tools/call', { name: 'acme_mcp__echo', arguments: {} });
    await calls(open).first().waitFor();
    await open.locator('#live-day').getByText('typical').waitFor();
    await open.leave();
  } finally {
    await Promise.all([fresh.stop(), server.stop()]);
  }
});

for (const { name, scheme, width, height } of [
  { name: 'light', scheme: 'light', width: 1440, height: 900 }, { name: 'dark', scheme: 'dark', width: 1440, height: 900 }, { name: '390', scheme: 'light', width: 390, height: 844 },
]) {
  test(`a call opens in a panel, is copied as JSON, and the way back leads to its row, ${name}`, async () => {
    const open = await signedIn({ scheme, width, height, auditing: true });
    await open.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await open.goto(`${tieline.url}/activity?connector=billing_warehouse&live=off`);
    const link = calls(open).first().getByRole('link');
    await link.focus();
    await open.keyboard.press('Enter');
    const panel = open.getByRole('dialog');
    await panel.getByRole('heading', { level: 1 }).waitFor();
    assert.match(open.url(), /\/activity\/calls\/[0-9a-f-]{36}$/);
    await assertAccessible(open, `the panel of a call, ${name}`);
    await picture(open, `activity-panel-${name}`);
    await panel.getByRole('button', { name: 'Copy as JSON' }).click();
    await open.getByText('Copied.').waitFor();
    const record = JSON.parse(await open.evaluate(() => navigator.clipboard.readText()));
    assert.equal(record.tool, 'echo');
    assert.ok(open.url().endsWith(record.id));
    await open.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    assert.match(open.url(), /\/activity\?connector=billing_warehouse/);
    assert.ok(await link.evaluate((element) => element === document.activeElement));
    await assertFits(open, `activity ${name}`);
    await picture(open, `activity-calls-${name}`);
    await open.leave();
  });
}

test('without JavaScript search, page of a call and reload are links and forms', async () => {
  const plain = await signedIn({ javaScript: false });
  await plain.goto(`${tieline.url}/activity`);
  await plain.getByLabel('Search calls').fill('acme');
  await plain.getByLabel('Time', { exact: true }).selectOption('Last 24 hours');
  await plain.getByRole('button', { name: 'Filter' }).click();
  await plain.waitForURL(/time=24h.*q=acme|q=acme.*time=24h/);
  const before = await calls(plain).count();
  await callEcho();
  await eventually('the new call is on the page', async () => {
    await plain.getByRole('link', { name: 'Reload' }).click();
    return (await calls(plain).count()) > before;
  });
  assert.equal(await plain.getByRole('switch').count(), 0);
  await calls(plain).first().getByRole('link').click();
  await plain.waitForURL(/\/activity\/calls\//);
  await plain.getByText('As JSON', { exact: true }).click();
  assert.equal(JSON.parse(await plain.locator('#call-json').innerText()).connector, 'acme_mcp');
  await plain.leave();
});

test('without JavaScript the filter is a form', async () => {
  const plain = await visit(browser, { javaScript: false, cookies: await page.context().storageState() });
  await plain.goto(`${tieline.url}/activity`);
  await plain.getByLabel('Connector').selectOption('Acme MCP');
  await plain.getByRole('button', { name: 'Filter' }).click();
  assert.match(plain.url(), /connector=acme_mcp/);
  assert.ok((await calls(plain).allInnerTexts()).every((row) => row.includes('Acme MCP')));
  await plain.leave();
});

test('export is a file with the calls that the filter leaves', async () => {
  await page.goto(`${tieline.url}/activity?connector=acme_mcp`);
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'As CSV' }).click()]);
  assert.equal(download.suggestedFilename(), 'tieline-calls.csv');
  const [head, ...rows] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  assert.ok(head.startsWith('at,person,client,connector,tool,outcome,'), head);
  assert.ok(rows.length >= 1 && rows.every((row) => row.includes(',acme_mcp,echo,')), rows.join('\n'));
});

test('JSON lines hold the same calls as the page with the same search', async () => {
  await page.goto(`${tieline.url}/activity?q=billing&time=7d&live=off`);
  await page.getByRole('button', { name: 'Export' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'As JSON lines' }).click()]);
  const entries = (await readFile(await download.path(), 'utf8')).trim().split('\n').map(JSON.parse);
  assert.equal(entries.length, await calls().count());
  assert.ok(entries.every((entry) => entry.connector === 'billing_warehouse'));
});

test('the audit log is exported line by line, and a member gets neither', async () => {
  const log = await page.request.get(`${tieline.url}/activity/export?tab=audit&format=jsonl`);
  const entries = (await log.text()).trim().split('\n').map(JSON.parse);
  assert.ok(entries.some((entry) => entry.action === 'connector.added' && entry.target === 'acme_mcp'));
  await addPerson(tieline, MEMBER, 'member');
  const member = await visit(browser);
  await signIn(member, tieline, MEMBER);
  assert.equal((await member.request.get(`${tieline.url}/activity/export`)).status(), 403);
  await member.leave();
});
