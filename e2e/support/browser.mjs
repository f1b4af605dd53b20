// Chromium of the distribution, driven by playwright-core, and what every page must satisfy.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const AXE = require.resolve('axe-core/axe.min.js');
export const ARTIFACTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../.artifacts');
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** One browser for a test file. */
export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: QUIET });

/**
 * A person at a browser: own cookies, own settings. `page.trouble` collects what the page complained about
 * (script errors, content that the policy refused), and `leave()` fails the test on any of it.
 */
export async function visit(browser, { javaScript = true, scheme = 'light', width = 1280, height = 900, auditing = false, cookies } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: javaScript,
    colorScheme: scheme,
    viewport: { width, height },
    reducedMotion: 'reduce',
    // Only for runs of axe, which has to add its own script to the page.
    bypassCSP: auditing,
    storageState: cookies,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.trouble = [];
  page.on('pageerror', (error) => page.trouble.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) page.trouble.push(`console: ${message.text()}`);
  });
  page.leave = async () => {
    await context.close();
    assert.deepEqual(page.trouble, [], 'the page complained');
  };
  return page;
}

/** axe finds nothing on the page as it stands. */
export async function assertAccessible(page, what) {
  await page.addScriptTag({ path: AXE });
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 5).map((node) => `${node.target.join(' ')}: ${node.failureSummary}`) }));
  });
  assert.deepEqual(violations, [], `axe found something on ${what}`);
}

/** Nothing is wider than the window. */
export async function assertNoOverflow(page, what) {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const found = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > limit + 1);
    return [`page: ${document.documentElement.scrollWidth} px`, ...found.slice(0, 5).map((element) => `${element.tagName} .${element.className}`)];
  });
  assert.deepEqual(wide, [], `${what} is wider than the window`);
}

/** The windows that every page has to fit into. */
export const WIDTHS = [320, 390, 768, 1024, 1440];

/** Nothing is wider than the window, in windows of each width. */
export async function assertFits(page, what) {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await assertNoOverflow(page, `${what} at ${width} px`);
  }
  await page.setViewportSize(before);
}

/** A picture for a person to look at, in `e2e/.artifacts`. */
export async function picture(page, name) {
  await mkdir(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: path.join(ARTIFACTS, `${name}.png`), fullPage: true });
}
