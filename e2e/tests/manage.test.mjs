// What an admin does with a connector after it was added, and the help that a failed test gives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch, visit } from '../support/browser.mjs';
import { startFakeMcp } from '../support/fake-mcp.mjs';
import { ask, toolNames } from '../support/gateway.mjs';
import { MEMBER, addButton, addConnector, createKey, fillConnector, openAddForm, openIntegrations, rail, row, rowShows, saveAnyway, setUp, testButton } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

const SECRET = 'ak_live_9f2c77e1k3Qf';

for (const javaScript of [true, false]) {
  describe(`with${javaScript ? '' : 'out'} JavaScript`, () => {
    let browser, tieline, bearer, login, page, key;

    before(async () => {
      const wantsLogin = (request, response) => {
        response.writeHead(401, { 'www-authenticate': 'Bearer resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource"' }).end();
        return true;
      };
      [browser, tieline, bearer, login] = await Promise.all([
        launch(), startTieline(), startFakeMcp({ token: `Bearer ${SECRET}` }), startFakeMcp({ answers: wantsLogin }),
      ]);
      page = await visit(browser, { javaScript });
      await setUp(page, tieline);
    });

    after(async () => {
      await browser?.close();
      await Promise.all([tieline?.stop(), bearer?.stop(), login?.stop()]);
    });

    const open = (path) => page.goto(`${tieline.url}${path}`);

    test('a token without its scheme is recognised, and Bearer is offered', async () => {
      // Without scripts the token has to be typed for each request: it is never sent back to the browser.
      const typeAgain = async () => {
        if (javaScript) return;
        assert.equal(await page.getByLabel(/^Access token/).inputValue(), '');
        assert.ok(!(await page.content()).includes(SECRET));
        await page.getByLabel(/^Access token/).fill(SECRET);
      };
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Hinted', url: bearer.url, token: SECRET });
      await testButton(page).click();
      await rail(page).getByText('Add “Bearer ” in front of the token?').waitFor();
      assert.ok(!(await rail(page).innerText()).includes(SECRET), 'the token is not spelled out');
      await page.getByRole('button', { name: 'Add it and test again' }).click();
      if (!javaScript) {
        assert.ok(await page.getByLabel('Put “Bearer ” in front of it').isChecked());
        await typeAgain();
        await testButton(page).click();
      }
      await rail(page).getByText(/3 tools/).first().waitFor();
      await typeAgain();
      await addButton(page).click();
      await row(page, 'Hinted').waitFor();
      await rowShows(page, tieline, 'Hinted', 'Working');
      assert.equal(bearer.requests.at(-1).headers.authorization, `Bearer ${SECRET}`);
      await mustRun(tieline, ['connector', 'remove', 'hinted', '--yes']);
    });

    test('a server that wants a person to sign in is refused with advice, and can be saved anyway', async () => {
      await openAddForm(page, tieline);
      await fillConnector(page, { name: 'Wants login', url: login.url });
      await testButton(page).click();
      await rail(page).getByText('Sign-in required').first().waitFor();
      await rail(page).getByText('Tieline can’t use this server this way.').waitFor();
      await saveAnyway(page).click();
      await row(page, 'Wants login').waitFor();
      await rowShows(page, tieline, 'Wants login', 'Needs sign-in');
    });

    test('a tool that is switched off leaves the next session', async () => {
      await addConnector(page, tieline, { name: 'Acme MCP', url: bearer.url, token: `Bearer ${SECRET}` });
      await rowShows(page, tieline, 'Acme MCP', '3 of 3');
      key = await createKey(page, tieline, 'laptop');
      await open('/integrations/c/acme_mcp');
      const choices = () => page.getByRole('group', { name: 'What agents may do with refund_order' });
      await choices().getByRole('button', { name: 'Ask' }).click();
      await choices().getByRole('button', { name: 'Ask', pressed: true }).waitFor();
      assert.equal((await toolNames(tieline, key)).length, 3, 'clients of the gateway ask their own user');
      await choices().getByRole('button', { name: 'Off' }).click();
      await eventually('the gateway lists two tools', async () => (await toolNames(tieline, key)).length === 2, 5);
      await open('/integrations/c/acme_mcp');
      await choices().getByRole('button', { name: 'Off', pressed: true }).waitFor();
      const { body } = await ask(tieline, key, 'tools/call', { name: 'acme_mcp__refund_order', arguments: { id: '1' } });
      assert.ok(body.error || body.result.isError, 'a call is refused');
    });

    test('a new token is tested before it replaces the old one', async () => {
      const rotate = async (token) => {
        await open('/integrations/c/acme_mcp?tab=connection');
        await page.getByLabel(/^New access token/).fill(token);
        await page.getByRole('button', { name: 'Test and replace' }).click();
      };
      await rotate('Bearer wrong-token-0000');
      await page.getByText('The server rejected this token').first().waitFor();
      assert.equal((await ask(tieline, key, 'tools/call', { name: 'acme_mcp__echo', arguments: {} })).body.result.isError ?? false, false, 'the old token still works');
      await rotate(`Bearer ${SECRET}`);
      await page.getByText('The token of mcp__acme_mcp was replaced.').first().waitFor();
      assert.ok(!(await page.content()).includes(SECRET));
    });

    test('turned off, its tools are gone at once; turned on, they are back', async () => {
      await open('/integrations/c/acme_mcp');
      await page.getByRole('button', { name: 'Turn off', exact: true }).click();
      await page.getByText('mcp__acme_mcp turned off for everyone.').first().waitFor();
      await eventually('no tools', async () => (await toolNames(tieline, key)).length === 0, 2);
      await rowShows(page, tieline, 'Acme MCP', 'Off');
      await open('/integrations/c/acme_mcp');
      await page.getByRole('button', { name: 'Turn on', exact: true }).click();
      await page.getByText('mcp__acme_mcp turned on.').first().waitFor();
      await eventually('two tools', async () => (await toolNames(tieline, key)).length === 2, 5);
    });

    test('searching finds names and tools', async () => {
      await open('/integrations?q=acme');
      await row(page, 'Acme MCP').waitFor();
      assert.equal(await row(page, 'Wants login').count(), 0);
      await open('/integrations?q=search_orders');
      await row(page, 'Acme MCP').waitFor();
      await open('/integrations?q=zzz');
      await page.getByText('Nothing matches “zzz”.').waitFor();
    });

    test('an invitation makes a member, who sees tools and no secrets', async () => {
      await open('/users');
      await page.getByLabel('E-mail').fill(MEMBER.email);
      await page.getByLabel(/^Name/).fill(MEMBER.name);
      await page.getByRole('button', { name: 'Invite', exact: true }).click();
      const link = await page.getByLabel('Invitation link').inputValue();
      const guest = await visit(browser, { javaScript });
      await guest.goto(link);
      await guest.getByLabel('Password', { exact: true }).fill(MEMBER.password);
      await guest.getByRole('button', { name: 'Create account' }).click();
      await guest.waitForURL((url) => url.pathname !== '/invitation');
      await guest.goto(`${tieline.url}/connect`);
      await guest.getByText('Acme MCP').first().waitFor();
      assert.ok(!(await guest.content()).includes(bearer.url), 'no address');
      await guest.leave();
    });

    test('a revoked key stops at once', async () => {
      await open('/connect');
      await page.getByRole('link', { name: 'Revoke laptop' }).click();
      await page.getByText('stops working at once').first().waitFor();
      await page.getByRole('button', { name: 'Revoke', exact: true }).click();
      await eventually('the key is refused', async () => (await ask(tieline, key, 'tools/list')).status === 401, 2);
    });

    test('the audit log says who did what, without secrets', async () => {
      await open('/activity?tab=audit');
      const text = await page.locator('main').innerText();
      for (const word of ['acme_mcp', MEMBER.email]) assert.ok(text.includes(word), word);
      assert.ok(!text.includes(SECRET) && !text.includes(key));
    });

    if (javaScript) {
      test('the status on an open page follows a change made elsewhere', async () => {
        await openIntegrations(page, tieline);
        await row(page, 'Acme MCP').getByText('Working').waitFor();
        const other = await visit(browser, { cookies: await page.context().storageState() });
        await other.goto(`${tieline.url}/integrations/c/acme_mcp`);
        await other.getByRole('button', { name: 'Turn off', exact: true }).click();
        await row(page, 'Acme MCP').getByText('Off', { exact: true }).waitFor();
        await other.leave();
      });
    }

    test('nothing on the way made the browser complain', () => page.leave());
  });
}
