// Every page, in both themes and on a phone: axe finds nothing, nothing overflows, a picture is kept.
import { after, before, test } from 'node:test';
import { assertAccessible, assertFits, launch, picture, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask } from '../support/gateway.mjs';
import { MEMBER, addPerson, createKey, fillConnector, openAddForm, openIntegrations, rail, rowShows, setUp, signIn, testButton } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

const SIZES = [{ name: '', width: 1280, height: 900 }, { name: '-390', width: 390, height: 844 }];
const TOKEN = 'right-token-abcdef-7f3a';

let browser, tieline, untouched, upstream, broken;
/** The cookies of somebody who is signed in. */
let admin, member;

before(async () => {
  [browser, tieline, untouched, upstream, broken] = await Promise.all([
    launch(), startTieline(), startTieline(), startFakeMcp({ token: TOKEN }), startFakeMcp({ token: 'something-else' }),
  ]);
  const first = await visit(browser);
  await setUp(first, tieline);
  admin = await first.context().storageState();
  await first.leave();
  await addPerson(tieline, MEMBER, 'member');
  const second = await visit(browser);
  await signIn(second, tieline, MEMBER);
  member = await second.context().storageState();
  await second.leave();
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), untouched?.stop(), upstream?.stop(), broken?.stop()]);
});

async function look(page, name) {
  await assertFits(page, name);
  await assertAccessible(page, name);
  await picture(page, name);
}

/** Runs once per theme and size, as the person whose cookies these are. */
async function inEachView(cookies, run) {
  for (const scheme of ['light', 'dark']) {
    for (const { name, width, height } of SIZES) {
      const page = await visit(browser, { scheme, width, height, auditing: true, cookies });
      await run(page, `${scheme}${name}`);
      await page.leave();
    }
  }
}

const lookAt = (who, cookies, paths) => inEachView(cookies, async (page, view) => {
  for (const path of paths) {
    await page.goto(`${tieline.url}${path}`);
    await look(page, `${who}-${path.slice(1).replaceAll(/[^a-z0-9_]+/g, '-')}-${view}`);
  }
});

test('first run', () => inEachView(undefined, async (page, view) => {
  await page.goto(untouched.setupUrl());
  await look(page, `setup-${view}`);
}));

test('sign-in', () => lookAt('nobody', undefined, ['/signin']));

test('the pages before there is anything on them', () => lookAt('empty', admin, [
  '/setup/model', '/setup/connector', '/integrations', '/connect', '/activity', '/chat',
]));

test('the pages of an admin', async () => {
  await mustRun(tieline, ['connector', 'add', 'Acme MCP', upstream.url, '--token-stdin'], TOKEN);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', broken.url, '--skip-test']);
  await mustRun(tieline, ['connector', 'add', 'A connector with a rather long name for a small telephone', upstream.url, '--token-stdin'], TOKEN);
  const first = await visit(browser, { cookies: admin });
  await rowShows(first, tieline, 'Acme MCP', 'Working');
  await rowShows(first, tieline, 'Billing warehouse', 'Token');
  const key = await createKey(first, tieline, 'Cursor, office PC');
  await first.leave();
  await eventually('a call is recorded', async () => (await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} })).body.result);
  await lookAt('admin', admin, [
    '/integrations', '/integrations?show=attention', '/integrations?q=nothing+like+it', '/integrations/new',
    '/integrations/providers/linear', '/integrations/c/acme_mcp', '/integrations/c/acme_mcp?tab=connection',
    '/integrations/c/billing_warehouse', '/integrations/c/acme_mcp/remove', '/connect', '/activity', '/activity?outcome=ok&connector=acme_mcp', '/activity?tab=audit',
    '/integrations/c/acme_mcp?tab=calls', '/integrations/c/acme_mcp?tab=changes', '/integrations/c/acme_mcp/try?tool=echo',
    '/users', '/settings', '/settings/models', '/settings/network', '/settings/security', '/settings/data', '/chat', '/account/password', '/no-such-page',
  ]);
});

test('the connection test, passed and failed', () => inEachView(admin, async (page, view) => {
  await openAddForm(page, tieline);
  await fillConnector(page, { name: 'Third', url: upstream.url, token: TOKEN });
  await testButton(page).click();
  await rail(page).getByText(/3 tools/).first().waitFor();
  await look(page, `add-ok-${view}`);
  await page.getByLabel(/^Access token/).fill('wrong-token-abcdef-k3Qf');
  await testButton(page).click();
  await rail(page).getByText('The server rejected this token').first().waitFor();
  await look(page, `add-failed-${view}`);
}));

test('a key that was just made', () => inEachView(admin, async (page, view) => {
  await createKey(page, tieline, `Laptop ${view}`);
  await look(page, `key-made-${view}`);
}));

test('what opens over a page: menus and dialogs', () => inEachView(admin, async (page, view) => {
  await openIntegrations(page, tieline);
  await page.getByRole('button', { name: 'Actions for Acme MCP' }).click();
  await page.getByRole('link', { name: 'Remove…' }).waitFor();
  await look(page, `row-menu-${view}`);
  await page.getByRole('link', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByText('Remove Acme MCP?').waitFor();
  await look(page, `remove-dialog-${view}`);
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Add custom connector' }).first().click();
  await page.getByRole('dialog').getByRole('textbox', { name: /^Name/ }).fill('Half a name');
  await look(page, `add-dialog-${view}`);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').getByText('Discard this connector?').waitFor();
  await look(page, `discard-dialog-${view}`);
  await page.getByRole('button', { name: 'Discard', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.goto(`${tieline.url}/connect`);
  await page.getByRole('link', { name: 'Revoke Cursor, office PC' }).click();
  await page.getByRole('dialog').getByText('stops working at once').waitFor();
  await look(page, `revoke-dialog-${view}`);
  await page.keyboard.press('Escape');
  await openIntegrations(page, tieline);
  await page.locator('a[href="/integrations/providers/linear"]').first().click();
  await page.getByRole('dialog').getByRole('textbox').first().waitFor();
  await look(page, `provider-dialog-${view}`);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  await page.getByRole('dialog').getByText('Keyboard shortcuts').waitFor();
  await look(page, `keyboard-${view}`);
  await page.getByRole('button', { name: 'Close' }).click();
  // Where the open menu lies over nothing that can be pressed: half of such a target would be too small.
  await page.goto(`${tieline.url}/account/password`);
  if (view.endsWith('-390')) await page.getByRole('button', { name: 'Open menu' }).click();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('link', { name: 'Change password' }).waitFor();
  await assertAccessible(page, `the account menu, ${view}`);
  await picture(page, `account-menu-${view}`);
}));

test('the pages of a member', () => lookAt('member', member, ['/connect', '/integrations']));
