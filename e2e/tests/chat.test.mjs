// The chat page against a scripted model API: a person asks, the agent calls tools, the page follows.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createServer, connect as dial } from 'node:net';
import { assertAccessible, assertNoOverflow, launch, picture, visit } from '../support/browser.mjs';
import { call, gate, say, startFakeModel } from '../support/fake-model.mjs';
import { startFakeMcp, TOOLS } from '../support/fake-mcp.mjs';
import { MEMBER, addPerson, rowShows, setUp, signIn } from '../support/pages.mjs';
import { eventually, mustRun, startTieline } from '../support/tieline.mjs';

const SIZES = [{ name: '', width: 1280, height: 900 }, { name: '-390', width: 390, height: 844 }];
const HOSTILE = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>';

let browser, tieline, model, orders, ledger, page, cookies;

before(async () => {
  [browser, tieline, model, orders, ledger] = await Promise.all([
    launch(), startTieline(), startFakeModel(), startFakeMcp(), startFakeMcp({ token: 'right-token-abcdef' }),
  ]);
  page = await visit(browser);
  await setUp(page, tieline);
  cookies = await page.context().storageState();
  await mustRun(tieline, ['connector', 'add', 'Acme MCP', orders.url]);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', ledger.url, '--token-stdin'], 'right-token-abcdef');
  await rowShows(page, tieline, 'Acme MCP', 'Working');
  await rowShows(page, tieline, 'Billing warehouse', 'Working');
});

after(async () => {
  await browser?.close();
  await Promise.all([tieline?.stop(), model?.stop(), orders?.stop(), ledger?.stop()]);
});

const message = (page) => page.getByRole('textbox', { name: 'Message' });
const talk = (page) => page.getByRole('region', { name: 'Conversation' });
const stopButton = (page) => page.getByRole('button', { name: 'Stop' });
const block = (page, tool) => talk(page).locator('details.tc', { has: page.locator('.nm', { hasText: tool }) });

/** Types a message and presses Enter. */
async function ask(page, text) {
  await message(page).fill(text);
  await message(page).press('Enter');
}

/** Starts a session with a first message. */
async function begin(page, text, on = tieline) {
  await page.goto(`${on.url}/chat`);
  await ask(page, text);
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
}

/** The turn is over. */
const idle = (page) => page.locator('#talk[data-work=idle]').waitFor();

describe('before there is a model API', () => {
  test('a member is told whom to ask, an admin where to go', async () => {
    await page.goto(`${tieline.url}/chat`);
    await page.getByRole('heading', { name: 'The agent is not set up yet' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Settings, Models' }).getAttribute('href'), '/settings/models');
    await addPerson(tieline, MEMBER, 'member');
    const other = await visit(browser);
    await signIn(other, tieline, MEMBER);
    await other.goto(`${tieline.url}/chat`);
    await other.getByText('Ask Ada Admin.').waitFor();
    await other.leave();
  });
});

describe('with a model API', () => {
  beforeEach(() => { model.answers.length = 0; });
  before(() => mustRun(tieline, ['model', 'add', '--kind', 'anthropic', '--name', 'Scripted', '--base-url', model.url, '--model', 'scripted-1', '--key-stdin'], 'sk-test-key-abcdef'));

  test('a turn with three parallel calls, one failing, streams and ends in rendered text', async () => {
    await page.goto(`${tieline.url}/chat`);
    await page.getByText('What do you want to get done?').waitFor();
    ledger.token('another-token-now');
    const held = gate();
    model.answers.push(
      [say('I’ll look at their orders first.'), call('mcp__acme_mcp__search_orders', { query: 'Baltic Foods' }), call('mcp__billing_warehouse__search_orders', { query: 'select 1' }), call('mcp__acme_mcp__echo', { text: 'docs' })],
      [say('## Found\n\n- *28* of 31\n- <img src=x onerror="globalThis.ran = 1">\n\n28 of 31 refunds are **late', held, ' delivery**.\n\n- one\n- two\n')],
    );
    await begin(page, 'Why did refunds jump?');
    await held.reached;
    await talk(page).getByText('28 of 31 refunds are').waitFor();
    assert.equal(await talk(page).locator('details.tc').count(), 3);
    await talk(page).getByText('Billing warehouse did not accept Tieline’s token.').waitFor();
    assert.equal(await talk(page).locator('details.tc.err[open]').count(), 1, 'the failing one is open');
    assert.equal(await talk(page).locator('details.tc:not(.err)[open]').count(), 0, 'the others are closed');
    assert.equal(await talk(page).locator('.typing strong').count(), 0, 'half of Markdown is plain');
    assert.equal(await talk(page).locator('.typing h3').innerText(), 'Found', 'what is whole is rendered while the rest is written');
    assert.equal(await talk(page).locator('.typing li em').innerText(), '28');
    assert.equal(await talk(page).locator('.typing img').count(), 0);
    assert.match(await talk(page).locator('.typing li').nth(1).innerText(), /<img src=x/);
    held.release();
    await idle(page);
    assert.equal(await talk(page).locator('.a strong').innerText(), 'late delivery');
    assert.equal(await talk(page).locator('.a li').count(), 4);
    await block(page, 'search_orders').first().locator('summary').click();
    await block(page, 'search_orders').first().getByText('{ "query": "Baltic Foods" }', { exact: true }).waitFor();
    assert.match(await page.locator('#say').innerText(), /^Answer: .*28 of 31/s);
    const before = await talk(page).locator('#talk').innerText();
    await page.reload();
    await idle(page);
    assert.equal((await talk(page).locator('details.tc').count()), 3, 'a reload shows the same');
    assert.ok(before.includes('28 of 31'));
    ledger.token('right-token-abcdef');
  });

  test('a member sees no address of a failing server', async () => {
    const other = await visit(browser);
    await signIn(other, tieline, MEMBER);
    ledger.token('another-token-now');
    model.answers.push([call('mcp__billing_warehouse__echo', { text: 'x' })], [say('It failed.')]);
    await begin(other, 'Try it');
    await talk(other).getByText('It failed.').waitFor();
    await other.getByText('Billing warehouse did not accept Tieline’s token.').waitFor();
    const html = await other.content();
    assert.ok(!html.includes(new URL(ledger.url).host) && !html.toLowerCase().includes('authorization'), 'no address, no header');
    const mine = other.url();
    ledger.token('right-token-abcdef');
    await other.leave();
    const response = await page.goto(mine);
    assert.equal(response.status(), 404, 'not even an admin reads another’s session');
  });

  test('Stop and Esc halt the model and say so', async () => {
    const held = gate();
    model.answers.push([say('Counting: one, ', held)]);
    await begin(page, 'Count');
    await talk(page).getByText('Counting: one,').waitFor();
    await stopButton(page).click();
    await talk(page).getByText('Stopped by you.').waitFor();
    await idle(page);
    held.release();
    const again = gate();
    model.answers.push([say('Counting again, ', again)]);
    await ask(page, 'Count again');
    await talk(page).getByText('Counting again,').waitFor();
    await message(page).press('Escape');
    await eventually('the second stop shows', async () => (await talk(page).getByText('Stopped by you.').count()) === 2);
    again.release();
    assert.equal(await stopButton(page).isVisible(), false);
  });

  test('what is typed meanwhile is queued and answered next', async () => {
    const held = gate();
    model.answers.push([say('First ', held, 'done.')], [say('Second done.')]);
    await begin(page, 'First question');
    await held.reached;
    await ask(page, 'Second question');
    await page.locator('.u.queued', { hasText: 'Second question' }).waitFor();
    assert.equal(await talk(page).getByText('Second done.').count(), 0);
    held.release();
    await talk(page).getByText('Second done.').waitFor();
    await idle(page);
    assert.deepEqual(await talk(page).locator('#talk > .u').allInnerTexts().then((texts) => texts.map((text) => text.replace('You', '').trim())), ['First question', 'Second question']);
    assert.equal(await page.locator('.u.queued').count(), 0);
  });

  test('a connection that breaks in the middle of a stream loses nothing and shows nothing twice', async () => {
    const proxy = await startProxy(new URL(tieline.url).port);
    const through = { url: `http://127.0.0.1:${proxy.port}` };
    const other = await visit(browser);
    await signIn(other, through);
    const [first, second, third] = [gate(), gate(), gate()];
    model.answers.push([say('alpha ', first, 'beta ', second), call('mcp__acme_mcp__echo', { text: 'x' })], [say('gamma ', third, 'delta.')]);
    await begin(other, 'Stream please', through);
    await talk(other).getByText('alpha').waitFor();
    proxy.cut();
    await talk(other).getByText('Connection lost. Reconnecting…').waitFor();
    first.release();
    await second.reached;
    proxy.mend();
    await talk(other).getByText('alpha beta').waitFor();
    await talk(other).getByText('Connection lost. Reconnecting…').waitFor({ state: 'hidden' });
    second.release();
    await talk(other).getByText('gamma').waitFor();
    proxy.cut();
    await talk(other).getByText('Connection lost. Reconnecting…').waitFor();
    third.release();
    proxy.mend();
    await idle(other);
    await eventually('everything stands there once', async () => (await other.locator('#talk').innerText()).includes('gamma delta.'));
    const text = await other.locator('#talk').innerText();
    for (const word of ['alpha', 'beta', 'gamma', 'delta']) assert.equal(text.split(word).length - 1, 1, `${word} once in: ${text}`);
    assert.equal(await other.locator('#talk details.tc').count(), 1);
    assert.equal(await other.locator('#talk > .u').count(), 1);
    other.trouble = [];
    await other.leave();
    await proxy.stop();
  });

  test('a tool that asks first shows its exact arguments and waits', async () => {
    const key = await mustRun(tieline, ['key', 'create', '--email', 'ada@example.com', '--name', 'policy']);
    const policy = (word) => fetch(`${tieline.url}/api/v1/connectors/acme_mcp/tools/refund_order`, {
      method: 'PATCH', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ policy: word }),
    });
    await eventually('the key is known', async () => (await policy('ask')).status === 200);
    const asked = () => orders.requests.filter(({ body }) => body.includes('tools/call') && body.includes('refund_order')).length;
    const calls = asked();
    model.answers.push([call('mcp__acme_mcp__refund_order', { id: 'AC-48121' })], [say('Refunded.')]);
    await begin(page, 'Refund it');
    await page.getByText('The agent wants to run this.').waitFor();
    await page.getByText('{ "id": "AC-48121" }', { exact: true }).waitFor();
    assert.equal(asked(), calls, 'nothing was sent');
    await page.getByRole('button', { name: 'Approve' }).click();
    await talk(page).getByText('Refunded.').waitFor();
    assert.equal(asked(), calls + 1, 'it ran once');
    model.answers.push([call('mcp__acme_mcp__refund_order', { id: 'AC-2' })], [say('Then not.')]);
    await ask(page, 'And another');
    await page.getByRole('button', { name: 'Refuse' }).click();
    await talk(page).getByText('Then not.').waitFor();
    await idle(page);
    assert.equal(asked(), calls + 1, 'a refused call is not sent');
    assert.equal((await policy('allow')).status, 200);
  });

  test('a new tool waits for the next session, and the page says so', async () => {
    model.answers.push([say('Hello.')]);
    await begin(page, 'Hello');
    await talk(page).getByText('Hello.', { exact: true }).waitFor();
    await idle(page);
    const panel = page.getByRole('region', { name: 'Tools in this session' });
    await panel.getByText(/Fixed at \d\d:\d\d, when it started\. 6 tools\./).waitFor();
    orders.tools.push({ ...TOOLS[2], name: 'brand_new' });
    await mustRun(tieline, ['connector', 'test', 'acme_mcp']);
    await page.request.post(`${tieline.url}/integrations/c/acme_mcp/test`, { headers: { origin: tieline.url } });
    await page.getByText(/Acme MCP has 1 new tool\./).waitFor();
    await page.getByText('This session keeps its own.').waitFor();
    const sent = model.requests.length;
    model.answers.push([say('Still the old ones.')]);
    await ask(page, 'Which tools?');
    await talk(page).getByText('Still the old ones.').waitFor();
    await idle(page);
    const names = (request) => request.body.tools.map((tool) => tool.name);
    assert.ok(!names(model.requests[sent]).includes('mcp__acme_mcp__brand_new'), 'the running session keeps its list');
    await message(page).fill('A draft to carry');
    await page.getByRole('button', { name: 'Start new session' }).click();
    await page.getByText('What do you want to get done?').waitFor();
    assert.equal(await message(page).inputValue(), 'A draft to carry');
    model.answers.push([say('New ones too.')]);
    await message(page).press('Enter');
    await talk(page).getByText('New ones too.').waitFor();
    assert.ok(names(model.requests.at(-1)).includes('mcp__acme_mcp__brand_new'), 'the next session has it');
    assert.equal(model.requests.at(-1).body.messages.length, 1, 'the draft is carried, not the history');
  });

  test('a connector that is removed fails at once with its sentence', async () => {
    const third = await startFakeMcp();
    await mustRun(tieline, ['connector', 'add', 'Runbooks', third.url]);
    await rowShows(page, tieline, 'Runbooks', 'Working');
    model.answers.push([say('Ready.')]);
    await begin(page, 'Get ready');
    await talk(page).getByText('Ready.', { exact: true }).waitFor();
    await idle(page);
    await mustRun(tieline, ['connector', 'remove', 'runbooks', '--yes']);
    await page.getByText(/Runbooks was removed/).first().waitFor();
    model.answers.push([call('mcp__runbooks__echo', { text: 'x' })], [say('It is gone.')]);
    await ask(page, 'Use it');
    await talk(page).locator('.why', { hasText: /Runbooks was removed.*Its tools no longer work here\./ }).waitFor();
    await talk(page).getByText('It is gone.').waitFor();
    assert.equal(third.requests.filter(({ body }) => body.includes('tools/call')).length, 0);
    await third.stop();
  });

  test('HTML of a tool and of a model is text', async () => {
    model.answers.push(
      [call('mcp__acme_mcp__echo', { text: `${HOSTILE}\u202e` })],
      [say(`${HOSTILE} [go](javascript:alert(1)) ![pixel](https://track.example/p.png) [report](https://evil.example/x)`)],
    );
    await begin(page, HOSTILE);
    await idle(page);
    await talk(page).getByText('evil.example').first().waitFor();
    await block(page, 'echo').locator('summary').click();
    assert.ok((await block(page, 'echo').innerText()).includes('<script>'), 'the result shows as text');
    assert.ok(await block(page, 'echo').locator('.inv', { hasText: 'U+202E' }).count() > 0, 'reversal is made visible');
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined);
    assert.equal(await talk(page).locator('img, script, iframe, [onerror]').count(), 0);
    assert.equal(await talk(page).locator('a[href^="javascript"]').count(), 0);
    const link = talk(page).getByRole('link', { name: 'report' });
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
    assert.equal(await talk(page).locator('.host').first().innerText(), 'image at track.example');
  });

  test('many calls fold to a line', async () => {
    model.answers.push(Array.from({ length: 6 }, (_, at) => call('mcp__acme_mcp__echo', { text: String(at) })), [say('Six done.')]);
    await begin(page, 'Six');
    await talk(page).getByText('Six done.').waitFor();
    await idle(page);
    const fold = talk(page).locator('details.fold');
    assert.equal(await fold.locator('> summary').innerText(), '6 calls');
    assert.equal(await fold.getAttribute('open'), null, 'it is closed when all are done');
    await fold.locator('> summary').click();
    assert.equal(await fold.locator('details.tc:visible').count(), 6);
  });

  test('a long result is cut, and shown whole on demand', async () => {
    const long = Array.from({ length: 900 }, (_, at) => `line ${at}`).join('\n');
    model.answers.push([call('mcp__acme_mcp__echo', { text: long })], [say('Long.')]);
    await begin(page, 'Long one');
    await talk(page).getByText('Long.', { exact: true }).waitFor();
    await idle(page);
    await block(page, 'echo').locator('summary').click();
    const received = block(page, 'echo').locator('.pl').last();
    assert.ok(!(await received.innerText()).includes('line 899'));
    await received.getByRole('link', { name: /^Show all, \d+\.\d KB$/ }).click();
    await received.getByText('line 899').waitFor();
    assert.equal(await received.getByRole('link', { name: /^Show all/ }).count(), 0);
  });

  test('who has scrolled up is not pulled down, and is told of what came', async () => {
    const held = gate();
    const paragraphs = Array.from({ length: 40 }, (_, at) => `Paragraph ${at}.\n\n`);
    model.answers.push([say(...paragraphs, held, 'The very last.')]);
    await begin(page, 'A lot');
    await talk(page).getByText('Paragraph 39.').waitFor();
    const top = () => page.locator('#scroll').evaluate((element) => element.scrollTop);
    await eventually('it is at the end', async () => (await top()) > 200);
    await page.locator('#scroll').evaluate((element) => { element.scrollTop = 0; });
    await held.reached;
    held.release();
    const pill = page.getByRole('button', { name: 'New messages' });
    await pill.waitFor();
    assert.equal(await top(), 0, 'it stays where the person reads');
    await pill.click();
    await pill.waitFor({ state: 'hidden' });
    assert.ok((await top()) > 200);
    await idle(page);
  });

  test('a session is renamed and deleted', async () => {
    await page.getByRole('button', { name: 'Actions for this session' }).click();
    await page.getByRole('link', { name: 'Rename…' }).click();
    await page.getByLabel('Title').fill('Six echoes');
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('heading', { level: 1, name: 'Six echoes' }).waitFor();
    const address = page.url();
    await page.getByRole('button', { name: 'Actions for this session' }).click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.waitForURL(/\/chat$/);
    assert.equal((await page.goto(address)).status(), 404);
  });

  test('without JavaScript a message is a form and the answer a page', async () => {
    const other = await visit(browser, { javaScript: false, cookies });
    const held = gate();
    model.answers.push([say('Half ', held, 'and whole.')]);
    await other.goto(`${tieline.url}/chat`);
    await message(other).fill('No scripts');
    await other.getByRole('button', { name: 'Send' }).click();
    await other.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    await held.reached;
    assert.match(await other.content(), /http-equiv="refresh"/);
    await other.getByRole('link', { name: 'Refresh' }).waitFor();
    held.release();
    await eventually('the page shows the answer', async () => {
      await other.goto(other.url().split('#')[0]);
      const over = !(await other.content()).includes('http-equiv="refresh"');
      return over && (await other.locator('#talk').innerText()).includes('Half and whole.');
    });
    await message(other).fill('   ');
    await other.getByRole('button', { name: 'Send' }).click();
    await other.getByText('Write a message first.').waitFor();
    await other.leave();
  });

  test('axe finds nothing, in both themes and on a phone', async () => {
    for (const scheme of ['light', 'dark']) {
      for (const { name, width, height } of SIZES) {
        const other = await visit(browser, { scheme, width, height, auditing: true, cookies });
        await other.goto(`${tieline.url}/chat`);
        await look(other, `chat-new-${scheme}${name}`);
        const held = gate();
        ledger.token('another-token-now');
        model.answers.push(
          [say('I’ll look at their orders first, then match the refunds in the ledger.'), call('mcp__acme_mcp__search_orders', { query: 'Baltic Foods', status: 'refunded', since: '2026-11-13' }), call('mcp__billing_warehouse__echo', { text: 'select' })],
          [say('28 of the 31 refunds carry the reason **late delivery**.\n\n## Next\n\n| Order | Total |\n|---|--:|\n| AC-1 | 412.00 |\n\n```sql\nselect 1\n```\n\n[Docs](https://docs.example/)')],
          [say('More: ', held)],
        );
        await begin(other, 'Why did refunds for Baltic Foods jump last week? Check the orders and the payments ledger.');
        await idle(other);
        await look(other, `chat-done-${scheme}${name}`);
        await ask(other, 'And then?');
        await talk(other).getByText('More:').waitFor();
        await look(other, `chat-running-${scheme}${name}`);
        if (width < 1180) {
          await other.getByRole('button', { name: 'Sessions' }).click();
          await other.getByRole('navigation', { name: 'Sessions' }).getByRole('link', { name: 'New' }).waitFor();
          await look(other, `chat-sessions-${scheme}${name}`);
          await other.keyboard.press('Escape');
          await other.getByRole('button', { name: 'Session tools' }).click();
          await other.getByRole('heading', { name: 'Tools in this session' }).waitFor();
          await other.keyboard.press('Escape');
        }
        held.release();
        await idle(other);
        ledger.token('right-token-abcdef');
        await other.leave();
      }
    }
  });

  test('nothing on the way made the browser complain', () => page.leave());
});

async function look(page, name) {
  await assertNoOverflow(page, name);
  await assertAccessible(page, name);
  await picture(page, name);
}

/** Passes bytes to Tieline until it is cut: then nothing comes through any more, until it is mended. */
async function startProxy(port) {
  const open = new Set();
  let broken = false;
  const server = createServer((client) => {
    if (broken) return client.destroy();
    const upstream = dial(port, '127.0.0.1');
    open.add(client);
    const end = () => { client.destroy(); upstream.destroy(); open.delete(client); };
    client.pipe(upstream).pipe(client);
    for (const side of [client, upstream]) side.on('error', end).on('close', end);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const cut = () => { broken = true; for (const client of open) client.destroy(); };
  return { port: server.address().port, cut, mend: () => { broken = false; }, stop: () => new Promise((resolve) => { cut(); server.close(resolve); }) };
}
