// Every page, in both themes and on a phone: axe finds nothing, nothing overflows, a picture is kept.
import { after, before, test } from 'node:test';
import { assertAccessible, assertNoOverflow, launch, picture, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { MEMBER, addPerson, fillConnector, openAddForm, rail, rowShows, setUp, signIn, testButton } from '../support/pages.mjs';
import { mustRun, startTieline } from '../support/tieline.mjs';

const SIZES = [{ name: '', width: 1280, height: 900 }, { name: '-390', width: 390, height: 844 }];

let browser, tieline, empty, upstream, broken;

before(async () => {
  [browser, tieline, empty, upstream, broken] = await Promise.all([
    launch(), startTieline(), startTieline(), startFakeMcp(), startFakeMcp({ token: 'something-else' }),
  ]);
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), empty?.stop(), upstream?.stop(), broken?.stop()]);
});

async function look(page, name) {
  await assertNoOverflow(page, name);
  await assertAccessible(page, name);
  await picture(page, name);
}

async function inEachView(run) {
  for (const scheme of ['light', 'dark']) {
    for (const { name, width, height } of SIZES) {
      const page = await visit(browser, { scheme, width, height, auditing: true });
      await run(page, `${scheme}${name}`);
      await page.leave();
    }
  }
}

test('first run', () => inEachView(async (page, view) => {
  await page.goto(empty.setupUrl());
  await look(page, `setup-${view}`);
}));

test('sign-in', async () => {
  const page = await visit(browser);
  await setUp(page, tieline);
  await page.leave();
  await addPerson(tieline, MEMBER, 'member');
  await inEachView(async (page, view) => {
    await page.goto(`${tieline.url}/signin`);
    await look(page, `signin-${view}`);
  });
});

test('an empty Integrations page', () => inEachView(async (page, view) => {
  await signIn(page, tieline);
  await page.goto(`${tieline.url}/integrations`);
  await look(page, `integrations-empty-${view}`);
}));

test('the pages of an admin', async () => {
  await mustRun(tieline, ['connector', 'add', 'Acme MCP', upstream.url]);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', broken.url, '--skip-test']);
  await mustRun(tieline, ['connector', 'add', 'A connector with a rather long name for a small telephone', upstream.url]);
  const first = await visit(browser);
  await signIn(first, tieline);
  await rowShows(first, tieline, 'Acme MCP', 'Working');
  await rowShows(first, tieline, 'Billing warehouse', 'token');
  await first.leave();
  await inEachView(async (page, view) => {
    await signIn(page, tieline);
    for (const path of ['/integrations', '/integrations/new', '/integrations/c/acme_mcp', '/connect']) {
      await page.goto(`${tieline.url}${path}`);
      await look(page, `${path.slice(1).replaceAll('/', '-')}-${view}`);
    }
  });
});

test('the connection test, passed and failed', () => inEachView(async (page, view) => {
  await signIn(page, tieline);
  await openAddForm(page, tieline);
  await fillConnector(page, { name: 'Third', url: upstream.url });
  await testButton(page).click();
  await rail(page).getByText(/3 tools/).first().waitFor();
  await look(page, `add-ok-${view}`);
  await openAddForm(page, tieline);
  await fillConnector(page, { name: 'Third', url: broken.url, token: 'wrong-token-abcdef-k3Qf' });
  await testButton(page).click();
  await rail(page).getByText('The server rejected this token').first().waitFor();
  await look(page, `add-failed-${view}`);
}));

test('the page that a member gets instead', () => inEachView(async (page, view) => {
  await signIn(page, tieline, MEMBER);
  await page.goto(`${tieline.url}/integrations`);
  await look(page, `forbidden-${view}`);
}));
