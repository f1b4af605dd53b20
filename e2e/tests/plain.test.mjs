// A whole day without JavaScript: set up, sign in, add, look for, edit, rotate, switch, review, filter, remove.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { startFakeMcp, TOOLS } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { addConnector, createKey, row, rowShows, setUp, signIn } from '../support/pages.mjs';
import { eventually, startTieline } from '../support/tieline.mjs';

let browser, tieline, server;

before(async () => {
  [browser, tieline, server] = await Promise.all([launch(), startTieline({ env: { TIELINE_CHECK_INTERVAL_SECONDS: '1' } }), startFakeMcp({ token: 'first-token-0001' })]);
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), server?.stop()]);
});

test('every change and every filter works without scripts', async () => {
  const page = await visit(browser, { javaScript: false });
  const open = (path) => page.goto(`${tieline.url}${path}`);
  await setUp(page, tieline);
  await page.getByRole('button', { name: 'Sign out' }).click({ force: true }).catch(() => page.context().clearCookies());
  await page.context().clearCookies();
  await signIn(page, tieline);

  await addConnector(page, tieline, { name: 'Orders', url: server.url, token: 'first-token-0001' });
  await rowShows(page, tieline, 'Orders', '3 of 3');
  await page.getByRole('searchbox', { name: 'Search connectors and tools' }).fill('refund');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=refund/);
  await row(page, 'Orders').waitFor();
  await page.getByRole('navigation', { name: 'Filter' }).getByRole('link', { name: /^Off/ }).click();
  await page.getByText('Nothing matches', { exact: false }).first().waitFor();

  await open('/integrations/c/orders?tab=connection');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Orders of today');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('heading', { level: 1, name: 'Orders of today' }).waitFor();
  server.token('second-token-0002');
  await open('/integrations/c/orders?tab=connection');
  await page.getByLabel(/^New access token/).fill('second-token-0002');
  await page.getByRole('button', { name: 'Test and replace' }).click();
  await page.getByText('was replaced.').first().waitFor();

  await open('/integrations/c/orders');
  const choices = page.getByRole('group', { name: 'What agents may do with echo' });
  await choices.getByRole('button', { name: 'Off' }).click();
  await choices.getByRole('button', { name: 'Off', pressed: true }).waitFor();

  server.tools = [{ ...TOOLS[0], annotations: { destructiveHint: true } }, TOOLS[1], TOOLS[2]];
  await rowShows(page, tieline, 'Orders of today', '1 tool changed');
  await open('/integrations/c/orders/review');
  await page.getByRole('button', { name: 'Approve new version of search_orders' }).click();
  await rowShows(page, tieline, 'Orders of today', '2 of 3');

  const key = await createKey(page, tieline, 'laptop');
  await ask(tieline, key, 'tools/call', { name: 'orders__search_orders', arguments: {} });
  await eventually('the call is listed', async () => {
    await open('/activity');
    return (await page.locator('table.calls tbody tr').count()) === 1;
  });
  await page.locator('select[name=outcome]').selectOption({ index: 1 });
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/outcome=/);
  await open('/activity?tab=audit');
  await page.getByText('orders').first().waitFor();

  await open('/integrations/c/orders/remove');
  await page.getByRole('textbox', { name: 'Type orders to confirm' }).fill('orders');
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await open('/integrations');
  assert.equal(await row(page, 'Orders of today').count(), 0);
  await page.leave();
});
