// A Tieline as a company has it after a while: connectors in several states, calls, people, keys, a conversation.
import { startFakeMcp, TOOLS } from './fake-mcp.mjs';
import { call, gate, say, startFakeModel } from './fake-model.mjs';
import { ask } from './gateway.mjs';
import { MEMBER, addPerson, createKey, rowShows, setUp, signIn } from './pages.mjs';
import { eventually, mustRun, startTieline } from './tieline.mjs';
import { visit } from './browser.mjs';

/** What the servers behind the connectors want. */
export const SAMPLE_TOKEN = 'Bearer ak_live_0123456789abcdefk3Qf';
const NAMES = ['Acme MCP', 'Docs search', 'Feature flags', 'A connector with a rather long name for a small telephone'];
const CLIENT = { name: 'Cursor', version: '2.1' };

/** Starts it; when that fails, nothing is left running. `admin` and `member` are the cookies of people who are signed in, `session` is the address of a conversation. */
export async function startSample(browser, names = NAMES) {
  const [tieline, upstream, silent, model] = await Promise.all([startTieline(), startFakeMcp({ token: SAMPLE_TOKEN }), startFakeMcp({ token: 'another' }), startFakeModel()]);
  const stop = () => Promise.all([tieline, upstream, silent, model].map((each) => each.stop()));
  try {
    return { ...await fill(browser, names, tieline, upstream, silent, model), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function fill(browser, names, tieline, upstream, silent, model) {
  const page = await visit(browser);
  await setUp(page, tieline);
  for (const name of names) await mustRun(tieline, ['connector', 'add', name, upstream.url, '--token-stdin'], SAMPLE_TOKEN);
  await mustRun(tieline, ['connector', 'add', 'Billing warehouse', silent.url, '--token-stdin', '--skip-test'], SAMPLE_TOKEN);
  await mustRun(tieline, ['connector', 'add', 'Legacy CRM', upstream.url, '--token-stdin'], SAMPLE_TOKEN);
  await page.goto(`${tieline.url}/integrations/c/legacy_crm`);
  await page.getByRole('button', { name: 'Turn off' }).click();
  await addPerson(tieline, MEMBER, 'member');
  await rowShows(page, tieline, 'Acme MCP', 'Working');
  await rowShows(page, tieline, 'Billing warehouse', 'Token');
  const key = await createKey(page, tieline, 'Cursor, office PC');
  for (let index = 0; index < 12; index += 1) await ask(tieline, key, 'tools/call', { name: `acme_mcp__${TOOLS[index % 3].name}`, arguments: { text: `${index}` } }, '/mcp', CLIENT);
  await ask(tieline, key, 'tools/call', { name: 'docs_search__echo', arguments: {} }, '/mcp', CLIENT);
  await ask(tieline, key, 'tools/call', { name: 'billing_warehouse__echo', arguments: {} }, '/mcp', CLIENT);
  await mustRun(tieline, ['model', 'add', '--kind', 'anthropic', '--name', 'Scripted', '--base-url', model.url, '--model', 'claude-sonnet-5-5', '--key-stdin'], 'sk-test-key-abcdef');
  const session = await converse(page, tieline, model);
  const admin = await page.context().storageState();
  await page.leave();
  const other = await visit(browser);
  await signIn(other, tieline, MEMBER);
  const member = await other.context().storageState();
  await other.leave();
  return { tieline, upstream, admin, member, session };
}

/** A conversation that has called tools and still goes on. */
async function converse(page, tieline, model) {
  const held = gate();
  model.answers.push(
    [say('I’ll look at their orders first, then match the refunds in the ledger.'), call('mcp__acme_mcp__search_orders', { query: 'Baltic Foods' }), call('mcp__docs_search__echo', { text: 'refund rules' })],
    [say('28 of the 31 refunds carry the reason “late delivery”, and all 28 went out with NordFreight ', held)],
  );
  // The model was added by another process; the server hears of it a moment later.
  await eventually('a session starts', async () => {
    await page.goto(`${tieline.url}/chat`);
    await page.getByRole('textbox', { name: 'Message' }).fill('Why did refunds for Baltic Foods jump last week? Check the orders and the payments ledger.');
    await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    const started = page.waitForURL(/\/chat\/[0-9a-f-]{36}/).then(() => true);
    return Promise.race([started, page.getByText('The agent is not set up yet').waitFor().then(() => false, () => started)]);
  }, 30);
  await page.getByText('NordFreight').waitFor();
  return new URL(page.url()).pathname;
}
