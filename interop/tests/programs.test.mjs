// Programs that people put between themselves and a server, with a static header: MCP Inspector on the command line,
// and mcp-remote, which makes a local server of a remote one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startFakeMcp } from '../../e2e/support/fake-mcp.mjs';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';
import { NEW_NODE, fileOf } from '../support/node.mjs';

const NAMES = ['acme__echo', 'acme__refund_order', 'acme__search_orders'];
const TOKEN = 'raw upstream token';

for (const era of ['modern', 'legacy']) {
  describe(`with an upstream of the ${era} era`, () => {
    let tieline, key, upstream, home;

    before(async () => {
      home = await mkdtemp(path.join(tmpdir(), 'tieline-interop-'));
      [{ tieline, key }, upstream] = await Promise.all([startWithKey(), startFakeMcp({ era, token: TOKEN })]);
      await addConnector(tieline, 'Acme', upstream.url, { token: TOKEN });
      await toolsListed(tieline, key);
    });

    after(async () => {
      await Promise.all([tieline?.stop(), upstream?.stop()]);
      await rm(home, { recursive: true, force: true });
    });

    // Neither may find or leave anything in the home of the person who runs the tests.
    const environment = () => ({ ...process.env, HOME: home, MCP_CATALOG_PATH: path.join(home, 'catalog.json'), MCP_REMOTE_CONFIG_DIR: home });

    async function inspect(...words) {
      const program = fileOf('@modelcontextprotocol/inspector/clients/launcher/build/index.js');
      const args = [program, '--cli', `${tieline.url}/mcp`, '--transport', 'http', '--header', `Authorization: Bearer ${key}`, ...words];
      const { stdout } = await promisify(execFile)(NEW_NODE, args, { env: environment(), cwd: home, timeout: 60_000 });
      return JSON.parse(stdout);
    }

    for (const client of ['legacy', 'modern']) {
      test(`MCP Inspector, ${client}, lists and calls`, async () => {
        const { tools } = await inspect('--protocol-era', client, '--method', 'tools/list');
        assert.deepEqual(tools.map((tool) => tool.name).sort(), NAMES);
        const words = ['--method', 'tools/call', '--tool-name', 'acme__echo', '--tool-arg', 'text=hello'];
        const result = await inspect('--protocol-era', client, ...words);
        assert.equal(result.content[0].text, 'echo: {"text":"hello"}');
      });
    }

    for (const protocol of ['legacy', 'auto']) {
      test(`mcp-remote, ${protocol}, lists and calls`, async () => {
        const args = [fileOf('mcp-remote/dist/proxy.js'), `${tieline.url}/mcp`, '--header', `Authorization: Bearer ${key}`, '--transport', 'http-only', '--protocol', protocol];
        const client = new Client({ name: 'interop', version: '1' });
        await client.connect(new StdioClientTransport({ command: NEW_NODE, args, env: environment(), cwd: home, stderr: 'ignore' }));
        try {
          const { tools } = await client.listTools();
          assert.deepEqual(tools.map((tool) => tool.name).sort(), NAMES);
          const result = await client.callTool({ name: 'acme__echo', arguments: { text: 'hello' } });
          assert.equal(result.content[0].text, 'echo: {"text":"hello"}');
        } finally {
          await client.close();
        }
      });
    }

    test('the upstream saw its own token on every request and never the key', () => {
      assert.equal(upstream.requests.filter(({ body }) => body.includes('"tools/call"')).length, 4, 'one call of each');
      for (const request of upstream.requests) {
        assert.equal(request.headers.authorization, TOKEN, `${request.method} ${request.body}`);
        assert.ok(!JSON.stringify(request).includes(key));
      }
    });
  });
}
