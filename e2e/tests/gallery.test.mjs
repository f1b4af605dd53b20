// Every state that a page can be in, with example data that tries to break it: nothing overflows, axe finds nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WIDTHS, assertAccessible, assertFits, launch, visit } from '../support/browser.mjs';
import { startGallery } from '../support/gallery.mjs';

let browser, gallery;

before(async () => {
  [browser, gallery] = await Promise.all([launch(), startGallery()]);
  assert.ok(gallery.names.length > 30, `the gallery shows ${gallery.names.length} pages`);
});

after(async () => {
  await browser?.close();
  await gallery?.stop();
});

/** Runs on each page of the gallery; tells about all that are wrong, not about the first alone. */
async function onEach(settings, check) {
  const page = await visit(browser, settings);
  const wrong = [];
  for (const name of gallery.names) {
    await page.goto(`${gallery.url}/${name}`);
    await check(page, name).catch((error) => wrong.push(error.message));
  }
  await page.leave();
  assert.deepEqual(wrong, []);
}

test(`no state is wider than the window at ${WIDTHS.join(', ')} px`, () => onEach({}, assertFits));

for (const scheme of ['light', 'dark']) {
  for (const [device, width, height] of [['a desk', 1440, 900], ['a phone', 390, 844]]) {
    test(`axe finds nothing in any state, ${scheme}, on ${device}`, () => onEach({ scheme, width, height, auditing: true }, assertAccessible));
  }
}
