// Tieline's own client for upstreams, before the official conformance suite. Scenarios of OAuth are left out: Tieline
// connects with static tokens only.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { EXAMPLES, expectedFailures, judge, runSuite, scored, summary } from '../support/conformance.mjs';

const CLIENT = path.join(EXAMPLES, 'conformance_client');

for (const revision of ['2025-11-25', '2026-07-28']) {
  const run = `client of upstreams, ${revision}`;
  test(run, async (t) => {
    const scenarios = (await scored('client', revision)).filter((scenario) => !scenario.startsWith('auth/'));
    const results = await Promise.all(scenarios.map((scenario) => (
      runSuite(['client', '--command', CLIENT, '--scenario', scenario, '--spec-version', revision], [scenario])
    )));
    const verdict = judge(results.flat(), await expectedFailures(run));
    t.diagnostic(summary(run, verdict));
    for (const warning of verdict.warned) t.diagnostic(`  only recommended: ${warning}`);
    assert.deepEqual(verdict.unexpected, [], 'checks that failed and may not');
    assert.deepEqual(verdict.stale, [], 'entries of expected-failures.yaml whose check does not fail');
  });
}
