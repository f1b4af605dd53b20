// What people do on the pages, by the words that they see. When a label changes, it changes here.
import assert from 'node:assert/strict';
import { mustRun } from './tieline.mjs';

export const ADMIN = { name: 'Ada Admin', email: 'ada@example.com', password: 'correct horse battery staple' };
export const MEMBER = { name: 'Mel Member', email: 'mel@example.com', password: 'another long pass phrase' };

/** First run: the link from the log, then the admin account. */
export async function setUp(page, tieline, person = ADMIN) {
  await page.goto(tieline.setupUrl());
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create admin account' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/setup') || url.search !== new URL(tieline.setupUrl()).search);
}

/** Creates an account on the command line. */
export async function addPerson(tieline, person, role) {
  const words = ['user', 'add', '--email', person.email, '--name', person.name, '--role', role, '--password-stdin'];
  await mustRun(tieline, words, person.password);
}

export async function signIn(page, tieline, person = ADMIN) {
  await page.goto(`${tieline.url}/signin`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/signin');
}

export async function openIntegrations(page, tieline) {
  await page.goto(`${tieline.url}/integrations`);
  await page.getByRole('heading', { level: 1, name: 'Integrations' }).waitFor();
}

/** Opens the form: a dialog with JavaScript, a page of its own without. */
export async function openAddForm(page, tieline) {
  await openIntegrations(page, tieline);
  await page.getByRole('link', { name: 'Add custom connector' }).first().click();
  await page.getByRole('textbox', { name: /^Name/ }).waitFor();
}

/** Types into the form; token and header lie under Advanced settings. */
export async function fillConnector(page, { name, url, token, header }) {
  await page.getByRole('textbox', { name: /^Name/ }).fill(name);
  await page.getByRole('textbox', { name: /^Remote MCP server URL/ }).fill(url);
  if (token === undefined && header === undefined) return;
  const advanced = page.locator('details', { hasText: 'Advanced settings' });
  if ((await advanced.getAttribute('open')) === null) await advanced.locator('summary').click();
  if (token !== undefined) await page.getByLabel(/^Access token/).fill(token);
  if (header !== undefined) await page.getByLabel(/^Auth header name/).fill(header);
}

export const addButton = (page) => page.getByRole('button', { name: 'Add connector', exact: true });
export const testButton = (page) => page.getByRole('button', { name: /^Test (connection|again)$/ });
export const saveAnyway = (page) => page.getByRole('button', { name: 'Save anyway' });
/** The wire of the connection test. */
export const rail = (page) => page.getByRole('region', { name: 'Connection test' });
/** The row of one connector on the Integrations page. */
export const row = (page, name) => page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });

/** Adds a connector that works and waits until its row says so. */
export async function addConnector(page, tieline, connector) {
  await openAddForm(page, tieline);
  await fillConnector(page, connector);
  await addButton(page).click();
  await row(page, connector.name).waitFor();
}

/** Reloads until the row of a connector shows `text`. */
export async function rowShows(page, tieline, name, text, seconds = 15) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    await openIntegrations(page, tieline);
    const content = await row(page, name).innerText();
    if (content.includes(text)) return content;
    assert.ok(Date.now() < deadline, `the row of ${name} never showed “${text}”; it shows: ${content}`);
    await page.waitForTimeout(200);
  }
}

/** Creates an access key on Connect your client; resolves with the key, which is shown once. */
export async function createKey(page, tieline, name) {
  await page.goto(`${tieline.url}/connect`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create key' }).click();
  const key = await page.getByLabel('Access key').inputValue();
  assert.match(key, /^tl_[0-9A-Za-z]{38}$/);
  return key;
}
