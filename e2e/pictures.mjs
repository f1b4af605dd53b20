// Pictures of every page and of every state in the gallery, in both themes, on a desk and on a phone: `cargo xtask pictures [PART OF A NAME]`.
// They land in `e2e/.artifacts/pictures`, named page-theme-width.png, to be laid beside the design or the ones from before a change.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ARTIFACTS, launch, visit } from './support/browser.mjs';
import { startGallery } from './support/gallery.mjs';
import { createKey, openIntegrations } from './support/pages.mjs';
import { startSample } from './support/sample.mjs';
import { startTieline } from './support/tieline.mjs';

const FOLDER = path.join(ARTIFACTS, 'pictures');
const VIEWS = ['light', 'dark'].flatMap((scheme) => [{ scheme, width: 1440, height: 900 }, { scheme, width: 390, height: 844 }]);
const PAGES = [
  '/integrations', '/integrations?show=attention', '/integrations?q=nothing+like+it', '/integrations/new', '/integrations/providers/linear',
  '/integrations/c/acme_mcp', '/integrations/c/acme_mcp?tab=calls', '/integrations/c/acme_mcp?tab=changes', '/integrations/c/acme_mcp?tab=connection',
  '/integrations/c/billing_warehouse', '/integrations/c/acme_mcp/remove', '/connect', '/activity', '/activity?tab=audit', '/users',
  '/settings', '/settings/models', '/settings/network', '/settings/security', '/settings/data', '/chat', '/account/password', '/no-such-page',
];
const wanted = process.argv[2] ?? '';
let taken = 0;

await mkdir(FOLDER, { recursive: true });
const browser = await launch();
const [sample, fresh, gallery] = await Promise.all([startSample(browser), startTieline(), startGallery()]);
try {
  for (const view of VIEWS) {
    await walk(view, undefined, gallery.url, gallery.names.map((name) => `/${name}`), 'state');
    await walk(view, sample.admin, sample.tieline.url, [...PAGES, sample.session], 'page');
    await walk(view, sample.member, sample.tieline.url, ['/connect', '/integrations', '/chat'], 'member');
    await walk(view, undefined, sample.tieline.url, ['/signin'], 'page');
    await walk(view, undefined, fresh.url, [fresh.setupUrl().slice(fresh.url.length)], 'page');
    await opened(view);
  }
} finally {
  await Promise.all([sample.stop(), fresh.stop(), gallery.stop()]);
  await browser.close();
}
console.log(`${taken} pictures in ${FOLDER}`);

async function walk(view, cookies, url, paths, kind) {
  const page = await visit(browser, { ...view, cookies });
  for (const address of paths) {
    const name = `${kind}-${address === sample.session ? 'chat-session' : word(address)}`;
    if (!name.includes(wanted)) continue;
    await page.goto(`${url}${address}`);
    await take(page, name, view);
  }
  await page.context().close();
}

/** What opens over a page, or is there only once. */
async function opened(view) {
  const page = await visit(browser, { ...view, cookies: sample.admin });
  const phone = view.width < 900;
  const steps = {
    'open-add-dialog': async () => {
      await page.getByRole('link', { name: 'Add custom connector' }).first().click();
      await page.getByRole('dialog').getByRole('textbox', { name: /^Name/ }).waitFor();
    },
    'open-row-menu': () => page.getByRole('button', { name: 'Actions for Acme MCP' }).click(),
    'open-account-menu': async () => {
      if (phone) await page.getByRole('button', { name: 'Open menu' }).click();
      await page.getByRole('button', { name: /Account of/ }).click();
    },
    'open-keyboard': async () => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
    'open-key-made': () => createKey(page, sample.tieline, 'Laptop'),
  };
  for (const [name, open] of Object.entries(steps)) {
    if (!name.includes(wanted)) continue;
    await openIntegrations(page, sample.tieline);
    await open();
    await take(page, name, view);
  }
  await page.context().close();
}

/** The window grows to the height of the page, so that what sticks to its edges is where a person sees it. */
async function take(page, name, { scheme, width, height }) {
  const tall = await page.evaluate(() => document.fonts.ready.then(() => document.documentElement.scrollHeight));
  await page.setViewportSize({ width, height: Math.max(height, tall) });
  await page.screenshot({ path: path.join(FOLDER, `${name}-${scheme}-${width}.png`), animations: 'disabled' });
  await page.setViewportSize({ width, height });
  taken += 1;
}

/** `/integrations/c/acme_mcp?tab=calls` is `integrations-c-acme_mcp-tab-calls`. */
function word(address) {
  return address.replace(/code=.*/, '').slice(1).replaceAll(/[^a-z0-9_]+/g, '-').replace(/-$/, '');
}
