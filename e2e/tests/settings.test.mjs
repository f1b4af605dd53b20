// Settings: each page is saved, with scripts and without, says what it means first, and keeps what was wrong.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { assertAccessible, assertFits, launch, picture, visit } from '../support/browser.mjs';
import { setUp } from '../support/pages.mjs';
import { startTieline } from '../support/tieline.mjs';

const AUTHORITY = new URL('../../crates/tieline-mcp/tests/it/certificates/ca.pem', import.meta.url);

for (const javaScript of [true, false]) {
  describe(`settings ${javaScript ? 'with' : 'without'} scripts`, () => {
    let browser, tieline, page;

    before(async () => {
      [browser, tieline] = await Promise.all([launch(), startTieline()]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
    });

    after(async () => {
      await page?.leave();
      await browser?.close();
      await tieline?.stop();
    });

    const open = (path) => page.goto(`${tieline.url}/settings/${path}`);
    const save = async () => {
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('Saved. It acts at once.').waitFor();
    };

    test('General: the theme of people who chose none', async () => {
      await page.goto(`${tieline.url}/settings`);
      await page.getByRole('radio', { name: /^Dark/ }).check();
      await save();
      assert.ok(await page.getByRole('radio', { name: /^Dark/ }).isChecked());
      const stranger = await visit(browser, { javaScript, scheme: 'light' });
      await stranger.goto(`${tieline.url}/signin`);
      assert.equal(await stranger.locator('html').getAttribute('data-theme'), 'dark');
      await stranger.leave();
    });

    test('Network: a certificate authority is shown by name, and a wrong one is refused', async () => {
      await open('network');
      const field = page.getByLabel(/^Extra certificate authorities/);
      await field.fill('no certificate');
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('There is no certificate in it.').waitFor();
      assert.equal(await field.inputValue(), 'no certificate');
      await field.fill(await readFile(AUTHORITY, 'utf8'));
      await page.getByRole('radio', { name: /^Refuse/ }).check();
      await save();
      await page.getByText(/valid until/).waitFor();
      assert.ok(await page.getByRole('radio', { name: /^Refuse/ }).isChecked());
    });

    test('Security: what does not fit is kept and explained, what fits is saved', async () => {
      await open('security');
      const idle = page.getByLabel(/^A sign-in ends without use after/);
      await idle.fill('100000');
      await page.getByRole('radio', { name: /^Hold until reviewed/ }).check();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.locator('[aria-invalid=true]').waitFor();
      assert.equal(await idle.inputValue(), '100000');
      assert.ok(await page.getByRole('radio', { name: /^Hold until reviewed/ }).isChecked());
      await idle.fill('8');
      await save();
      assert.equal(await idle.inputValue(), '8');
    });

    test('Data: days are saved, and a backup is a file', async () => {
      await open('data');
      const days = page.getByLabel(/^Calls are kept for/);
      await days.fill('45');
      await save();
      assert.equal(await days.inputValue(), '45');
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download backup' }).click()]);
      const backup = await readFile(await download.path());
      assert.equal(backup.subarray(0, 15).toString(), 'SQLite format 3');
    });

    test('somebody else saved in between: nothing is overwritten unseen', async () => {
      await open('data');
      const other = await visit(browser, { javaScript, cookies: await page.context().storageState() });
      await other.goto(`${tieline.url}/settings/data`);
      await other.getByLabel(/^Calls are kept for/).fill('50');
      await other.getByRole('button', { name: 'Save changes' }).click();
      await other.getByText('Saved. It acts at once.').waitFor();
      await other.leave();
      await page.getByLabel(/^Calls are kept for/).fill('60');
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('Nothing was saved.').waitFor();
      await open('data');
      assert.equal(await page.getByLabel(/^Calls are kept for/).inputValue(), '50');
    });
  });
}

test('the pages of settings in both themes and on a phone', async () => {
  const [browser, tieline] = await Promise.all([launch(), startTieline()]);
  try {
    const first = await visit(browser);
    await setUp(first, tieline);
    const cookies = await first.context().storageState();
    await first.leave();
    for (const scheme of ['light', 'dark']) {
      for (const { size, width, height } of [{ size: '', width: 1440, height: 900 }, { size: '-390', width: 390, height: 844 }]) {
        const page = await visit(browser, { scheme, width, height, auditing: true, cookies });
        for (const area of ['general', 'network', 'security', 'data']) {
          await page.goto(`${tieline.url}/settings/${area}`);
          const what = `settings-${area}-${scheme}${size}`;
          await assertFits(page, what);
          await assertAccessible(page, what);
          await picture(page, what);
        }
        await page.leave();
      }
    }
  } finally {
    await browser.close();
    await tieline.stop();
  }
});
