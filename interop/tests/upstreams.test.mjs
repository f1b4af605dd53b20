// The reference server as an upstream, on both transports, demanding a header on every request.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ask, toolNames } from '../../e2e/support/gateway.mjs';
import { eventually, mustRun } from '../../e2e/support/tieline.mjs';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';
import { startEverything } from '../support/everything.mjs';

const CASES = [
  { transport: 'streamableHttp', header: 'Authorization', value: 'raw value without a scheme', deletes: true },
  { transport: 'sse', header: 'X-Api-Key', value: 'ak_live_9f2c77e1', deletes: false },
];

for (const { transport, header, value, deletes } of CASES) {
  describe(`@modelcontextprotocol/server-everything, ${transport}`, () => {
    let tieline, key, upstream;

    before(async () => {
      [{ tieline, key }, upstream] = await Promise.all([startWithKey(), startEverything(transport, { header, value })]);
    });

    after(() => Promise.all([tieline?.stop(), upstream?.stop()]));

    test('the wrong token is refused and nothing is saved', async () => {
      const words = ['connector', 'add', 'Everything', upstream.url, '--token-stdin', '--auth-header', header];
      const { code } = await tieline.cli(words, 'wrong');
      assert.equal(code, 3);
      assert.deepEqual(JSON.parse(await mustRun(tieline, ['connector', 'list', '--json'])), []);
      upstream.requests.length = 0;
    });

    test('with the right token its tools are listed and called', async () => {
      assert.equal(await addConnector(tieline, 'Everything', upstream.url, { token: value, header }), 'everything');
      const names = await toolsListed(tieline, key);
      assert.ok(names.includes('everything__echo'), names.join(' '));
      const { body } = await ask(tieline, key, 'tools/call', { name: 'everything__echo', arguments: { message: 'over the gateway' } });
      assert.match(body.result.content[0].text, /over the gateway/);
    });

    test('the endpoint of one connector shows the names as they are', async () => {
      assert.ok((await toolNames(tieline, key, '/mcp/everything')).includes('echo'));
      const { body } = await ask(tieline, key, 'tools/call', { name: 'echo', arguments: { message: 'verbatim' } }, '/mcp/everything');
      assert.match(body.result.content[0].text, /verbatim/);
    });

    test('removal stops the tools and ends the session upstream', async () => {
      await mustRun(tieline, ['connector', 'remove', 'everything', '--yes']);
      await eventually('the tools are gone', async () => (await toolNames(tieline, key)).length === 0, 5);
      if (deletes) await eventually('the session is ended', () => upstream.requests.some((request) => request.method === 'DELETE'), 10);
    });

    test('every request carried the header, discovery and DELETE included', () => {
      const methods = new Set(upstream.requests.map((request) => request.method));
      assert.ok(methods.has('POST'), [...methods].join(' '));
      assert.deepEqual(upstream.requests.filter((request) => !request.allowed), []);
    });
  });
}
