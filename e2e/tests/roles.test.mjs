// Who may see what.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, picture, visit } from '../support/browser.mjs';
import { ADMIN, MEMBER, addPerson, setUp, signIn } from '../support/pages.mjs';
import { startTieline } from '../support/tieline.mjs';

let browser, tieline, page;

before(async () => {
  [browser, tieline] = await Promise.all([launch(), startTieline()]);
  const admin = await visit(browser);
  await setUp(admin, tieline);
  await admin.leave();
  await addPerson(tieline, MEMBER, 'member');
  page = await visit(browser);
});

after(async () => {
  await browser?.close();
  await tieline?.stop();
});

test('without a sign-in every page leads to the sign-in', async () => {
  await page.goto(`${tieline.url}/integrations`);
  assert.equal(new URL(page.url()).pathname, '/signin');
});

test('a wrong password is refused with one message for both fields', async () => {
  await page.goto(`${tieline.url}/signin`);
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('E-mail or password is wrong').first().waitFor();
});

test('a member does not see Integrations and gets 403 with a helpful page', async () => {
  await signIn(page, tieline, MEMBER);
  assert.equal(await page.getByRole('link', { name: 'Integrations', exact: true }).count(), 0);
  for (const path of ['/integrations', '/integrations/new']) {
    const response = await page.goto(`${tieline.url}${path}`);
    assert.equal(response.status(), 403, path);
    await page.getByText('Only admins manage integrations').first().waitFor();
    await page.getByText(ADMIN.name).first().waitFor();
  }
  await picture(page, 'forbidden');
});

test('a member may not post a connector either', async () => {
  const status = await page.evaluate(async () => {
    const body = JSON.stringify({ name: 'Sneaky', url: 'https://example.com/mcp' });
    const answer = await fetch('/api/v1/connectors', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return answer.status;
  });
  assert.equal(status, 403);
});

test('signing out ends the sign-in', async () => {
  await page.goto(`${tieline.url}/connect`);
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.pathname === '/signin');
  await page.goto(`${tieline.url}/connect`);
  assert.equal(new URL(page.url()).pathname, '/signin');
});
