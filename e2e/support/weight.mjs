// What a page costs somebody who was never there: bytes on the wire, and the time until it can be used.
import { visit } from './browser.mjs';

/** Opens an address with nothing in the cache; resolves with what came, and when the page could be used. */
export async function weigh(browser, url, cookies) {
  const page = await visit(browser, { cookies });
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  let bytes = 0;
  const urls = [];
  wire.on('Network.requestWillBeSent', ({ request }) => { urls.push(request.url); });
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await page.goto(url);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const ready = await page.evaluate(() => {
    const [page] = performance.getEntriesByType('navigation');
    return page.domContentLoadedEventEnd - page.startTime;
  });
  await page.leave();
  return { bytes, urls, ready };
}
