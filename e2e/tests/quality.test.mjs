// What every page owes whoever uses it: the keyboard alone, large letters, forced colours, little motion, little weight, no jumps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertNoOverflow, launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ADMIN, openIntegrations, row } from '../support/pages.mjs';
import { startSample } from '../support/sample.mjs';
import { weigh } from '../support/weight.mjs';

const PAGES = [
  '/integrations', '/integrations/new', '/integrations/c/acme_mcp', '/integrations/c/acme_mcp?tab=calls', '/integrations/c/acme_mcp?tab=connection',
  '/integrations/c/billing_warehouse', '/connect', '/activity', '/activity?tab=audit', '/users', '/settings', '/settings/models', '/settings/security', '/chat',
];
/** What a browser may transfer before the first page stands. */
const MOST_BYTES = 100 * 1024;
/** Far above the budget of 200 ms, which `cargo xtask bench pages` measures: tests run a slow build on a busy machine. */
const MOST_MILLISECONDS = 3000;

let browser, sample, upstream;

before(async () => {
  browser = await launch();
  sample = await startSample(browser);
  upstream = await startFakeMcp();
});

after(async () => {
  await sample?.stop();
  await upstream?.stop();
  await browser?.close();
});

const open = (page, path) => page.goto(`${sample.tieline.url}${path}`);
const asAdmin = (settings = {}) => visit(browser, { cookies: sample.admin, ...settings });

/** What has the focus: its name, its kind, and whether anybody can see that it has it. */
const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '';
  const seen = (part) => {
    const style = getComputedStyle(part);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || (part === element && style.boxShadow !== 'none');
  };
  let visible = false;
  // A row of a list shows the focus of the link in it.
  for (let part = element, up = 0; part && up < 6 && !visible; part = part.parentElement, up += 1) visible = seen(part);
  const box = element.getBoundingClientRect();
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return { name: name.replace(/\s+/g, ' ').trim(), tag: element.tagName, expanded: element.getAttribute('aria-pressed'), visible, inside };
});

/** Presses Tab until what has the focus has this name; everything on the way has to show its focus. */
async function tabTo(page, name, tag) {
  const seen = [];
  for (let presses = 0; presses < 150; presses += 1) {
    await page.keyboard.press('Tab');
    // A page that is just being loaded gets its turn with the next press.
    const now = await focused(page).catch(() => page.waitForLoadState().then(() => ({ tag: 'BODY' })));
    if (now.tag === 'BODY') continue;
    assert.ok(now.visible && now.inside, `the focus on ${now.tag} “${now.name}” of ${page.url()} cannot be seen`);
    if ((typeof name === 'string' ? now.name === name : name.test(now.name)) && (!tag || now.tag === tag)) return;
    seen.push(now.name);
  }
  assert.fail(`Tab never comes to ${name} on ${page.url()}; it comes to: ${seen.join(' | ')}`);
}

test('with the keyboard alone a connector is added, a tool switched and a key revoked', async () => {
  const page = await visit(browser);
  await open(page, '/signin');
  await tabTo(page, 'E-mail').catch(() => page.getByLabel('E-mail').focus());
  await page.keyboard.type(ADMIN.email);
  await tabTo(page, 'Password');
  await page.keyboard.type(ADMIN.password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname !== '/signin');

  await tabTo(page, /^Integrations/);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/integrations/);
  await tabTo(page, 'Add custom connector');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal((await focused(page)).name, 'Name', 'the dialog begins at its first field');
  await page.keyboard.type('By keyboard');
  await tabTo(page, 'Remote MCP server URL');
  await page.keyboard.type(upstream.url);
  await tabTo(page, 'Add connector', 'BUTTON');
  await page.keyboard.press('Enter');
  await row(page, 'By keyboard').waitFor();

  await tabTo(page, 'By keyboard', 'A');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'By keyboard' }).waitFor();
  const choices = page.getByRole('group', { name: 'What agents may do with echo' });
  for (let tries = 0; (await choices.count()) === 0 && tries < 100; tries += 1) await page.reload();
  await tabTo(page, /^echo/, 'SUMMARY');
  await tabTo(page, 'Off', 'BUTTON');
  await page.keyboard.press('Space');
  await choices.getByRole('button', { name: 'Off', pressed: true }).waitFor();

  await tabTo(page, 'Connect your client', 'A').catch(async () => { await page.reload(); await tabTo(page, 'Connect your client', 'A'); });
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/connect/);
  await tabTo(page, 'Name', 'INPUT');
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Enter');
  await page.getByLabel('Access key').waitFor();
  await tabTo(page, 'Revoke By keyboard', 'A');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await tabTo(page, 'Revoke', 'BUTTON');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Revoke By keyboard' }).waitFor({ state: 'detached' });
  await page.leave();
});

test('a dialog keeps the focus, and gives it back to what opened it', async () => {
  const page = await asAdmin();
  await openIntegrations(page, sample.tieline);
  await tabTo(page, 'Add custom connector');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  for (let presses = 0; presses < 25; presses += 1) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null);
    assert.ok(inside, 'the focus left the open dialog');
  }
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await focused(page)).name, 'Add custom connector');
  await page.leave();
});

for (const [what, width, factor] of [['200 % of 1280 px', 640, 2], ['400 % of 1280 px', 320, 4]]) {
  test(`at ${what} nothing has to be scrolled sideways`, async () => {
    const context = await browser.newContext({ viewport: { width, height: 450 }, deviceScaleFactor: factor, storageState: sample.admin });
    const page = await context.newPage();
    for (const path of [...PAGES, sample.session]) {
      await open(page, path);
      await assertNoOverflow(page, `${path} at ${what}`);
    }
    await context.close();
  });
}

test('letters of twice the size stay inside', async () => {
  const page = await asAdmin({ width: 1280 });
  for (const path of PAGES) {
    await open(page, path);
    // As the setting of a browser for larger text; the policy lets a page's own script change properties.
    await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    await assertNoOverflow(page, `${path} with large letters`);
  }
  await page.leave();
});

test('in forced colours the status stays a word that can be read, and the focus is seen', async () => {
  const page = await asAdmin();
  await page.emulateMedia({ forcedColors: 'active' });
  for (const path of PAGES) {
    await open(page, path);
    const unreadable = await page.evaluate(() => [...document.querySelectorAll('.st, .tag, .note')]
      .filter((element) => element.checkVisibility() && element.innerText.trim() !== '')
      .filter((element) => {
        let ground = element;
        while (ground && getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement;
        return getComputedStyle(element).color === (ground ? getComputedStyle(ground).backgroundColor : 'rgb(255, 255, 255)');
      }).map((element) => element.innerText));
    assert.deepEqual(unreadable, [], path);
    const first = new Set();
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      const now = await page.evaluate(() => {
        const element = document.activeElement;
        const outlined = (part) => part && getComputedStyle(part).outlineStyle !== 'none' && parseFloat(getComputedStyle(part).outlineWidth) > 0;
        let part = element;
        for (let up = 0; up < 6 && part && !outlined(part); up += 1) part = part.parentElement;
        return { tag: element.tagName, name: (element.getAttribute('aria-label') ?? element.innerText).slice(0, 40), visible: Boolean(outlined(part)) };
      });
      // After the last one comes the page itself, and then the first.
      if (now.tag === 'BODY') continue;
      first.add(now.name);
      assert.ok(now.visible, `${path}: the focus on ${now.tag} “${now.name}” cannot be seen in forced colours`);
    }
    assert.ok(first.size > 3, `${path}: Tab reaches ${first.size} things`);
  }
  const words = await page.goto(`${sample.tieline.url}/integrations`).then(() => page.locator('.cr .st').allInnerTexts());
  assert.ok(words.length > 4 && words.every((word) => word.trim() !== ''), 'every status has a word');
  await page.leave();
});

test('with reduced motion nothing moves', async () => {
  const page = await asAdmin();
  for (const path of [...PAGES, sample.session]) {
    await open(page, path);
    const moving = await page.evaluate(() => {
      const seconds = (list) => list.split(',').map((time) => parseFloat(time) * (time.trim().endsWith('ms') ? 0.001 : 1));
      return [...document.querySelectorAll('*')].flatMap((element) => {
        const style = getComputedStyle(element);
        // What says that something goes on may turn, slowly.
        const animated = style.animationName !== 'none' && seconds(style.animationDuration).some((time) => time > 0.01 && time < 3);
        const passing = seconds(style.transitionDuration).some((time) => time > 0.01);
        return animated || passing ? [`${element.tagName} .${element.getAttribute('class')} ${style.animationName} ${style.transitionDuration}`] : [];
      });
    });
    assert.deepEqual([...new Set(moving)], [], path);
  }
  await page.leave();
});

for (const path of ['/signin', '/integrations']) {
  test(`the first page weighs at most 100 KB, comes from nowhere else and is soon there: ${path}`, async () => {
    const cookies = path === '/signin' ? undefined : sample.admin;
    const visits = [];
    for (let visit = 0; visit < 5; visit += 1) visits.push(await weigh(browser, `${sample.tieline.url}${path}`, cookies));
    const heaviest = Math.max(...visits.map(({ bytes }) => bytes));
    assert.ok(heaviest > 5000, 'something was weighed');
    assert.ok(heaviest <= MOST_BYTES, `${path} transfers ${heaviest} bytes`);
    for (const { urls } of visits) assert.deepEqual(urls.filter((url) => !url.startsWith(`${sample.tieline.url}/`)), []);
    const { ready } = visits.toSorted((a, b) => a.ready - b.ready)[2];
    assert.ok(ready <= MOST_MILLISECONDS, `${path} takes ${ready} ms`);
  });
}

test('every page forbids what it does not load itself', async () => {
  const page = await asAdmin();
  for (const path of [...PAGES, sample.session, '/signin', '/no-such-page']) {
    const policy = (await open(page, path)).headers()['content-security-policy'];
    assert.match(policy, /^default-src 'none';/, path);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, path);
  }
  await page.leave();
});

test('nothing jumps when live data arrives', async () => {
  const page = await asAdmin({ width: 1280 });
  await openIntegrations(page, sample.tieline);
  await page.evaluate(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) globalThis.shifts.push({ value: shift.value, of: shift.sources.map(({ node }) => `${node?.nodeName} ${node?.className ?? ''}`) });
    }).observe({ type: 'layout-shift' });
  });
  const line = row(page, 'Docs search');
  await line.getByText('Working').waitFor();
  const other = await asAdmin();
  for (const [button, word] of [['Turn off', 'Off'], ['Turn on', /Working|Checking/], ['Turn off', 'Off']]) {
    await open(other, '/integrations/c/docs_search');
    await other.getByRole('button', { name: button, exact: true }).click();
    await line.locator('.st').getByText(word).waitFor();
  }
  await open(other, '/integrations/c/docs_search');
  await other.getByRole('button', { name: 'Turn on', exact: true }).click();
  await line.locator('.st').getByText('Working').waitFor();
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  assert.deepEqual(await page.evaluate(() => globalThis.shifts), []);
  await other.leave();
  await page.leave();
});
