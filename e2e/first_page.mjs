// What the first visit costs, with nothing in the cache: bytes on the wire, and the time until the page can be used.
// `cargo xtask bench pages`. The median of 21 visits of each page; prints a line a page.
import { launch, visit } from './support/browser.mjs';
import { setUp } from './support/pages.mjs';
import { startTieline } from './support/tieline.mjs';
import { weigh } from './support/weight.mjs';

const VISITS = 21;

const [browser, tieline] = await Promise.all([launch(), startTieline()]);
try {
  const page = await visit(browser);
  await setUp(page, tieline);
  const admin = await page.context().storageState();
  await page.leave();
  for (const [path, cookies] of [['/signin', undefined], ['/integrations', admin]]) {
    const visits = [];
    for (let number = 0; number < VISITS; number += 1) visits.push(await weigh(browser, `${tieline.url}${path}`, cookies));
    const median = (what) => visits.map((one) => one[what]).sort((a, b) => a - b)[Math.floor(VISITS / 2)];
    console.log(`${path}: ${Math.ceil(median('bytes') / 1024)} KB, usable after ${Math.round(median('ready'))} ms`);
  }
} finally {
  await browser.close();
  await tieline.stop();
}
