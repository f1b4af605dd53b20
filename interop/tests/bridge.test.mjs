// The bridge table of docs/mcp.md, cell by cell: every feature for each pair of eras, with official SDKs on both sides. The
// servers are made with the Rust SDK; the clients are those of TypeScript and Python. Tests have the names of the cells.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';
import { clientOptions, observe } from '../support/bridge.mjs';
import { startFixture } from '../support/conformance.mjs';

const PYTHON = process.env.MCP_PYTHON ?? 'python3';
const PYTHON_CLIENT = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../support/bridge.py');
const ERAS = ['modern', 'legacy'];
const OF = { modern: 'M', legacy: 'L' };

/** What each cell must have come to. `shown` maps the server's own names and URIs to those of the endpoint. */
const CELLS = {
  'tools/list': (seen, shown) => assert.ok(seen.tools.includes(shown.name('test_simple_text')), seen.tools),
  'prompts/list': (seen, shown) => assert.ok(seen.prompts.includes(shown.name('test_simple_prompt')), seen.prompts),
  'resources/list': (seen, shown) => assert.ok(seen.resources.includes(shown.uri('test://static-text')), seen.resources),
  'resources/templates/list': (seen, shown) => assert.ok(seen.templates.includes(shown.uri('test://template/{id}/data')), seen.templates),
  'tools/call': (seen, shown) => {
    assert.equal(seen.called, 'This is a simple text response for testing.');
    assert.equal(seen.embedded, shown.uri('test://embedded-resource'));
    assert.equal(seen.toolError, true);
  },
  'prompts/get': (seen) => assert.match(seen.prompt, /one.*two/),
  'resources/read': (seen, shown) => {
    assert.deepEqual(seen.read, { uri: shown.uri('test://static-text'), hasText: true });
    assert.equal(seen.expanded, shown.uri('test://template/7/data'));
  },
  'completion/complete': (seen) => assert.deepEqual(seen.completed, ['paris', 'park', 'party']),
  'errors': (seen, _, { client, language }) => {
    // The TypeScript client hands on the older code as the newer one; the Python client shows what came.
    const resource = client === 'modern' || language === 'TypeScript' ? -32602 : -32002;
    assert.deepEqual(seen.missing, { resource, tool: -32602 });
  },
  'progress': (seen) => assert.deepEqual(seen.progress, [0, 50, 100]),
  'cancel': (seen) => assert.equal(seen.cancelled, 'cancelled'),
  'logging': (seen) => assert.deepEqual(seen.logs, ['Tool execution started', 'Tool processing data', 'Tool execution completed']),
  'elicitation': (seen) => assert.match(seen.elicited, /ada@example\.com/),
  'sampling': (seen) => assert.match(seen.sampled, /sampled/),
  'roots': (seen) => assert.match(seen.roots, /file:\/\/\/project/),
  'resource updated': (seen, shown) => assert.deepEqual([...new Set(seen.updated)], [shown.uri('test://watched-resource')]),
};

/** How each client of other people's making runs through everything. */
const CLIENTS = {
  TypeScript: async (url, key, client, shown) => {
    const options = { requestInit: { headers: { authorization: `Bearer ${key}` } } };
    const connected = new Client({ name: 'interop', version: '1' }, clientOptions(client === 'modern'));
    await connected.connect(new StreamableHTTPClientTransport(new URL(url), options));
    return observe(connected, client === 'modern', shown);
  },
  Python: async (url, key, client, shown) => {
    const words = [PYTHON_CLIENT, url, key, client === 'modern' ? '2026-07-28' : 'legacy', shown.name(''), shown.uri('')];
    return JSON.parse((await promisify(execFile)(PYTHON, words, { timeout: 60_000 })).stdout);
  },
};

let gateway;
const fixtures = {};

before(async () => {
  gateway = await startWithKey();
  for (const era of ERAS) {
    fixtures[era] = await startFixture(era);
    await addConnector(gateway.tieline, era, fixtures[era].url);
    await toolsListed(gateway.tieline, gateway.key, `/mcp/${era}`);
  }
});

after(async () => {
  for (const fixture of Object.values(fixtures)) fixture.stop();
  await gateway?.tieline.stop();
});

for (const client of ERAS) {
  for (const server of ERAS) {
    for (const [language, run] of Object.entries(CLIENTS)) {
      describe(`N=${OF[client]}, U=${OF[server]}, ${language}`, () => {
        const shown = { name: (own) => `${server}__${own}`, uri: (own) => `tieline://${server}/${own}` };
        let seen;

        before(async () => { seen = await run(`${gateway.tieline.url}/mcp`, gateway.key, client, shown); });

        for (const [cell, check] of Object.entries(CELLS)) {
          test(`${cell}, N=${OF[client]}, U=${OF[server]}, ${language}`, () => check(seen, shown, { client, language }));
        }

        if (language === 'TypeScript') {
          test(`list_changed, N=${OF[client]}, U=${OF[server]}, ${language}`, () => {
            // A legacy session keeps the lists that it began with, so nothing is announced to it.
            if (client === 'modern') assert.ok(seen.listChanged > 0);
            else assert.equal(seen.listChanged, 0);
          });
        }
        if (client === 'legacy' && language === 'TypeScript') {
          test(`ping, N=L, U=${OF[server]}, ${language}`, () => assert.deepEqual(seen.pinged, {}));
        }
      });
    }
  }
}
