// How long the first token is on its way, from the model API that writes it to the text in the chat page: `cargo xtask bench browser`.
// Both ends read the clock of the same machine. 50 turns in one session; prints a figure a line.
import { launch, visit } from './support/browser.mjs';
import { gate, say, startFakeModel } from './support/fake-model.mjs';
import { setUp } from './support/pages.mjs';
import { mustRun, startTieline } from './support/tieline.mjs';

const TURNS = 50;
/** Turns that are not counted: connections open, code gets warm. */
const FIRST = 5;

const [browser, tieline, model] = await Promise.all([launch(), startTieline(), startFakeModel()]);
try {
  const page = await visit(browser);
  await setUp(page, tieline);
  await mustRun(tieline, ['model', 'add', '--kind', 'anthropic', '--name', 'Scripted', '--base-url', model.url, '--model', 'scripted-1', '--key-stdin'], 'sk-test-key-abcdef');
  await untilReady(page, `${tieline.url}/chat`);
  const took = [];
  for (let turn = 0; turn < FIRST + TURNS; turn += 1) {
    const millis = await oneTurn(page, `word${turn}`);
    if (turn >= FIRST) took.push(millis);
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.floor((took.length - 1) * share)];
  for (const [name, share] of [['least', 0], ['p50', 0.5], ['p99', 0.99], ['most', 1]]) console.log(`${name} ${at(share).toFixed(2)} ms`);
} finally {
  await browser.close();
  await Promise.all([tieline.stop(), model.stop()]);
}

/** Opens the page until the server has noticed the new model, which takes it up to a second. */
async function untilReady(page, url) {
  for (let left = 100; left > 0; left -= 1) {
    await page.goto(url);
    if (await page.getByText('What do you want to get done?').isVisible()) return;
  }
  throw new Error(`${url} does not know of the model`);
}

/** Asks, lets the model answer once the page says that the agent works, and compares when the word left and when it was there. */
async function oneTurn(page, word) {
  const held = gate();
  let wrote;
  model.answers.push([held, { pieces: [word], begins: () => { wrote = performance.timeOrigin + performance.now(); } }]);
  const message = page.getByRole('textbox', { name: 'Message' });
  await message.fill('And now?');
  await message.press('Enter');
  await within(held.reached, 'the model was not asked');
  await page.locator('#talk[data-work=running]').waitFor();
  await page.evaluate(watch, word);
  held.release();
  const seen = await within(page.evaluate(() => globalThis.seen), 'the word did not come');
  await page.locator('#talk[data-work=idle]').waitFor();
  return seen - wrote;
}

/** A turn that goes wrong ends the run instead of hanging it. */
function within(promise, otherwise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(otherwise)), 20_000); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** In the page: `seen` becomes the time at which the word was put into the document. */
function watch(word) {
  globalThis.seen = new Promise((resolve) => {
    const has = (node) => node.textContent.includes(word);
    const observer = new MutationObserver((changes) => {
      const now = performance.timeOrigin + performance.now();
      if (!changes.some(({ target, addedNodes }) => [...addedNodes].some(has) || (target.nodeType === Node.TEXT_NODE && has(target)))) return;
      observer.disconnect();
      resolve(now);
    });
    observer.observe(document.getElementById('talk'), { childList: true, characterData: true, subtree: true });
  });
}
