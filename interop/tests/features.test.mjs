// Prompts, resources, templates and completion of the reference server, through both endpoints, with clients that we did not write.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';
import { startEverything } from '../support/everything.mjs';

const PYTHON = process.env.MCP_PYTHON ?? 'python3';
const PYTHON_CLIENT = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../support/features.py');
const DOORS = [
  { door: '/mcp', prefix: 'everything__', before: 'tieline://everything/' },
  { door: '/mcp/everything', prefix: '', before: '' },
];
const TEXT = 'demo://resource/dynamic/text/';

for (const transport of ['streamableHttp', 'sse']) {
  describe(`@modelcontextprotocol/server-everything, ${transport}`, () => {
    let tieline, key, upstream;

    before(async () => {
      const guard = { header: 'Authorization', value: 'raw value without a scheme' };
      [{ tieline, key }, upstream] = await Promise.all([startWithKey(), startEverything(transport, guard)]);
      await addConnector(tieline, 'Everything', upstream.url, { token: guard.value });
      await toolsListed(tieline, key);
    });

    after(() => Promise.all([tieline?.stop(), upstream?.stop()]));

    const endpoint = (door) => new URL(`${tieline.url}${door}`);
    const options = () => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

    async function readEverything(client, { prefix, before }) {
      const { prompts } = await client.listPrompts();
      assert.ok(prompts.some(({ name }) => name === `${prefix}args-prompt`), JSON.stringify(prompts));
      const { resources } = await client.listResources();
      const files = resources.filter(({ uri }) => uri.startsWith(`${before}demo://resource/static/document/`));
      assert.ok(files.length > 0, JSON.stringify(resources));
      const { contents: [file] } = await client.readResource({ uri: files[0].uri });
      assert.equal(file.uri, files[0].uri);
      assert.ok(file.text.length > 0);
      const { resourceTemplates } = await client.listResourceTemplates();
      const template = resourceTemplates.find(({ uriTemplate }) => uriTemplate === `${before}${TEXT}{resourceId}`);
      const { contents: [made] } = await client.readResource({ uri: template.uriTemplate.replace('{resourceId}', '7') });
      assert.match(made.text, /Resource 7/);
      const { messages } = await client.getPrompt({ name: `${prefix}resource-prompt`, arguments: { resourceType: 'Text', resourceId: '3' } });
      const { resource } = messages.find(({ content }) => content.type === 'resource').content;
      assert.equal(resource.uri, `${before}${TEXT}3`);
      const { contents: [embedded] } = await client.readResource({ uri: resource.uri });
      assert.match(embedded.text, /Resource 3/);
      const ref = { type: 'ref/prompt', name: `${prefix}completable-prompt` };
      const { completion } = await client.complete({ ref, argument: { name: 'department', value: 'S' } });
      assert.deepEqual(completion.values, ['Sales', 'Support']);
      await assert.rejects(client.readResource({ uri: `${before}demo://resource/nowhere` }));
      await client.close();
    }

    for (const place of DOORS) {
      for (const mode of ['legacy', { pin: '2026-07-28' }]) {
        test(`@modelcontextprotocol/client, ${JSON.stringify(mode)}, ${place.door}`, async () => {
          const client = new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode } });
          await client.connect(new StreamableHTTPClientTransport(endpoint(place.door), options()));
          await readEverything(client, place);
        });
      }

      test(`@modelcontextprotocol/sdk, ${place.door}`, async () => {
        const client = new FirstClient({ name: 'interop', version: '1' });
        await client.connect(new FirstTransport(endpoint(place.door), options()));
        await readEverything(client, place);
      });

      for (const mode of ['auto', 'legacy']) {
        test(`the Python client, ${mode}, ${place.door}`, async () => {
          const words = [PYTHON_CLIENT, endpoint(place.door).href, key, mode, `${place.prefix}simple-prompt`, `${place.before}${TEXT}7`];
          const seen = JSON.parse((await promisify(execFile)(PYTHON, words, { timeout: 60_000 })).stdout);
          assert.ok(seen.prompts.includes(`${place.prefix}args-prompt`), JSON.stringify(seen));
          assert.ok(seen.templates.includes(`${place.before}${TEXT}{resourceId}`), JSON.stringify(seen));
          assert.ok(seen.resources.every((uri) => uri.startsWith(`${place.before}demo://`)), JSON.stringify(seen));
          assert.equal(seen.messages, 1);
          assert.match(seen.text, /Resource 7/);
        });
      }
    }
  });
}
