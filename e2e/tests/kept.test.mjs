// What was typed outlives a sign-in that expired, and a change that somebody else made meanwhile.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { addButton, fillConnector, openAddForm, row, setUp, signIn } from '../support/pages.mjs';
import { mustRun, startTieline } from '../support/tieline.mjs';

let browser, tieline, server;

before(async () => {
  [browser, tieline, server] = await Promise.all([launch(), startTieline(), startFakeMcp({ token: 'Bearer kept-0001' })]);
  const page = await visit(browser);
  await setUp(page, tieline);
  await page.leave();
  await mustRun(tieline, ['connector', 'add', 'Shared', server.url, '--token-stdin'], 'Bearer kept-0001');
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), server?.stop()]);
});

test('a sign-in that expired while a form was filled in costs nothing that was typed', async () => {
  const page = await visit(browser);
  await signIn(page, tieline);
  await openAddForm(page, tieline);
  await fillConnector(page, { name: 'Half done', url: server.url, token: 'Bearer kept-0001' });
  await page.context().clearCookies();
  await addButton(page).click();
  await page.getByText('You were signed out').first().waitFor();
  assert.equal(await page.getByRole('textbox', { name: /^Name/ }).inputValue(), 'Half done');
  assert.equal(await page.getByLabel(/^Access token/).inputValue(), 'Bearer kept-0001');
  const other = await page.context().newPage();
  await signIn(other, tieline);
  await other.close();
  await addButton(page).click();
  await row(page, 'Half done').waitFor();
  await page.leave();
});

for (const javaScript of [true, false]) {
  test(`who saves second is told, and keeps what was typed, with${javaScript ? '' : 'out'} JavaScript`, async () => {
    const page = await visit(browser, { javaScript });
    await signIn(page, tieline);
    const cookies = await page.context().storageState();
    const other = await visit(browser, { javaScript, cookies });
    const name = (at) => at.getByRole('textbox', { name: 'Name', exact: true });
    const save = (at) => at.getByRole('button', { name: 'Save changes' }).click();
    for (const each of [page, other]) await each.goto(`${tieline.url}/integrations/c/shared?tab=connection`);
    await name(other).fill(`Theirs ${javaScript}`);
    await save(other);
    await other.getByRole('heading', { level: 1, name: `Theirs ${javaScript}` }).waitFor();
    await name(page).fill(`Mine ${javaScript}`);
    await save(page);
    await page.getByText(/changed this/).waitFor();
    assert.equal(await name(page).inputValue(), `Mine ${javaScript}`);
    await page.getByRole('heading', { level: 1, name: `Theirs ${javaScript}` }).waitFor();
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByRole('heading', { level: 1, name: `Mine ${javaScript}` }).waitFor();
    await other.leave();
    await page.leave();
  });
}
