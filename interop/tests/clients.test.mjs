// Clients that we did not write, against the gateway: both eras on either side.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startFakeMcp } from '../../e2e/support/fake-mcp.mjs';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';

const NAMES = ['acme__echo', 'acme__refund_order', 'acme__search_orders'];
const PYTHON = process.env.MCP_PYTHON ?? 'python3';
const PYTHON_CLIENT = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../support/client.py');

for (const era of ['modern', 'legacy']) {
  describe(`with an upstream of the ${era} era`, () => {
    let tieline, key, upstream;

    before(async () => {
      [{ tieline, key }, upstream] = await Promise.all([startWithKey(), startFakeMcp({ era, token: 'raw upstream token' })]);
      await addConnector(tieline, 'Acme', upstream.url, { token: 'raw upstream token' });
      await toolsListed(tieline, key);
    });

    after(() => Promise.all([tieline?.stop(), upstream?.stop()]));

    const endpoint = () => new URL(`${tieline.url}/mcp`);
    const options = () => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

    async function listAndCall(client) {
      const { tools } = await client.listTools();
      assert.deepEqual(tools.map((tool) => tool.name).sort(), NAMES);
      const result = await client.callTool({ name: 'acme__echo', arguments: { text: 'hello' } });
      assert.equal(result.content[0].text, 'echo: {"text":"hello"}');
      await client.close();
    }

    for (const mode of ['legacy', 'auto', { pin: '2026-07-28' }]) {
      test(`@modelcontextprotocol/client, ${JSON.stringify(mode)}`, async () => {
        const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode } });
        await client.connect(new StreamableHTTPClientTransport(endpoint(), options()));
        await listAndCall(client);
      });
    }

    test('@modelcontextprotocol/sdk', async () => {
      const client = new FirstClient({ name: 'interop', version: '1' });
      await client.connect(new FirstTransport(endpoint(), options()));
      await listAndCall(client);
    });

    for (const mode of ['auto', 'legacy']) {
      test(`the Python client, ${mode}`, async () => {
        const { stdout } = await promisify(execFile)(PYTHON, [PYTHON_CLIENT, endpoint().href, key, mode, 'acme__echo'], { timeout: 60_000 });
        assert.deepEqual(JSON.parse(stdout), { tools: NAMES, text: 'echo: {"text":"from Python"}' });
      });
    }

    test('a wrong key is refused without an invitation to sign in', async () => {
      const client = new FirstClient({ name: 'interop', version: '1' });
      const refused = { requestInit: { headers: { authorization: 'Bearer tl_nonsense' } } };
      await assert.rejects(client.connect(new FirstTransport(endpoint(), refused)));
      const answer = await fetch(endpoint(), { method: 'POST', body: '{}' });
      assert.equal(answer.status, 401);
      assert.doesNotMatch(answer.headers.get('www-authenticate') ?? '', /resource_metadata/);
      assert.equal((await fetch(`${tieline.url}/.well-known/oauth-protected-resource`)).status, 404);
    });

    test('the upstream saw its own token on every request and never the key', () => {
      const calls = upstream.requests.filter(({ body }) => body.includes('"tools/call"'));
      assert.equal(calls.length, 6, 'one call of each client');
      for (const request of upstream.requests) {
        assert.equal(request.headers.authorization, 'raw upstream token', `${request.method} ${request.body}`);
        assert.ok(!JSON.stringify(request).includes(key));
      }
    });
  });
}
