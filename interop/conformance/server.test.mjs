// The gateway as a server, before the official conformance suite: each revision of clients with each era of upstreams.
// Every check that fails must stand in expected-failures.yaml with its reason, and what stands there must fail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { expectedFailures, judge, runSuite, scored, startFixture, summary } from '../support/conformance.mjs';
import { openDoor } from '../support/door.mjs';
import { addConnector, startWithKey, toolsListed } from '../support/admin.mjs';

const ERA = { '2025-11-25': 'legacy', '2026-07-28': 'modern' };
const REVISIONS = Object.keys(ERA);
const ERAS = Object.values(ERA);

let gateway;
const fixtures = {};

before(async () => {
  gateway = await startWithKey();
  for (const era of ERAS) {
    fixtures[era] = await startFixture(era);
    await addConnector(gateway.tieline, `Fixture ${era}`, fixtures[era].url);
    await toolsListed(gateway.tieline, gateway.key, `/mcp/fixture_${era}`);
  }
});

after(async () => {
  for (const fixture of Object.values(fixtures)) fixture.stop();
  await gateway?.tieline.stop();
});

async function check(t, run, url, revision) {
  const scenarios = await scored('server', revision);
  const checks = await runSuite(['server', '--url', url, '--requirements', revision], scenarios);
  const verdict = judge(checks, await expectedFailures(run));
  t.diagnostic(summary(run, verdict));
  for (const warning of verdict.warned) t.diagnostic(`  only recommended: ${warning}`);
  assert.deepEqual(verdict.unexpected, [], 'checks that failed and may not');
  assert.deepEqual(verdict.stale, [], 'entries of expected-failures.yaml whose check does not fail');
}

for (const revision of REVISIONS) {
  // Without this a fault of the fixture would look like one of the gateway.
  test(`the fixture itself, ${revision}`, (t) => check(t, `fixture ${revision}`, fixtures[ERA[revision]].url, revision));

  for (const era of ERAS) {
    const run = `client ${revision}, upstream ${era}`;
    test(`the gateway, ${run}`, async (t) => {
      const door = await openDoor(`${gateway.tieline.url}/mcp/fixture_${era}`, { authorization: `Bearer ${gateway.key}` });
      try {
        await check(t, run, door.url, revision);
      } finally {
        door.stop();
      }
    });
  }
}
