// Activity: who called what, filtered by what the URL says, and as a file.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { MEMBER, addPerson, createKey, rowShows, setUp, signIn } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

let browser, tieline, orders, ledger, page;

before(async () => {
  [browser, tieline, orders, ledger] = await Promise.all([launch(), startTieline(), startFakeMcp(), startFakeMcp()]);
  page = await visit(browser);
  await setUp(page, tieline);
  await mustRun(tieline, ['connector', 'add', 'Acme MCP', orders.url]);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', ledger.url]);
  await rowShows(page, tieline, 'Acme MCP', 'Working');
  await rowShows(page, tieline, 'Billing warehouse', 'Working');
  const key = await createKey(page, tieline, 'Laptop');
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
