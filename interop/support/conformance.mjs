// The official conformance suite: runs it for one revision, and compares what failed with what may fail.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { eventually } from '../../e2e/support/tieline.mjs';
import { NEW_NODE, fileOf } from './node.mjs';

const SUITE = '@modelcontextprotocol/conformance';
/** Where cargo puts what the suite visits and is visited by. */
export const EXAMPLES = process.env.TIELINE_EXAMPLES ?? path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../target/debug/examples');

/** The fixture of one era, running. */
export async function startFixture(era) {
  const child = spawn(path.join(EXAMPLES, 'conformance_server'), [era], { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => { log += chunk; });
  const url = await eventually('the fixture listens', () => /listening on (\S+)/.exec(log)?.[1]);
  return { url, stop: () => child.kill('SIGKILL') };
}

/** What a revision demands of a `server` or a `client`: the names of the scenarios that count. */
export async function scored(role, revision) {
  const text = await readFile(fileOf(`${SUITE}/requirements/${revision}.yaml`), 'utf8');
  return parse(text)[role];
}

/** Runs the suite; resolves with every check: `{ scenario, id, status, message }`. */
export async function runSuite(words, scenarios) {
  const out = await mkdtemp(path.join(tmpdir(), 'tieline-conformance-'));
  try {
    const args = [fileOf(`${SUITE}/dist/index.js`), ...words, '-o', out];
    // Its exit code says that something failed; what failed is in the files.
    const output = await new Promise((resolve) => {
      execFile(NEW_NODE, args, { timeout: 170_000, maxBuffer: 64 << 20 }, (_, stdout, stderr) => resolve(stdout + stderr));
    });
    const checks = [];
    for (const folder of await readdir(out)) {
      const scenario = scenarioOf(folder, scenarios);
      if (!scenario) continue;
      for (const check of JSON.parse(await readFile(path.join(out, folder, 'checks.json'), 'utf8'))) {
        checks.push({ scenario, id: check.id, status: check.status, message: check.errorMessage ?? check.details?.message });
      }
    }
    const missing = scenarios.filter((scenario) => !checks.some((check) => check.scenario === scenario));
    if (missing.length) throw new Error(`no result of ${missing.join(', ')}:\n${output.slice(-4000)}`);
    return checks;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Folders are named `server-NAME-2026-11-26T18-51-05-207Z`, those of clients without the first word; `/` is a folder or `-`. */
function scenarioOf(folder, scenarios) {
  const name = folder.replace(/-\d{4}-\d\d-\d\dT.*$/, '');
  return scenarios.find((scenario) => name === scenario || name === `server-${scenario}`);
}

/** What may fail in a run, from `expected-failures.yaml`; each entry there says why. */
export async function expectedFailures(run) {
  const text = await readFile(new URL('../conformance/expected-failures.yaml', import.meta.url), 'utf8');
  const entries = parse(text)[run] ?? [];
  for (const { because } of entries) if (!because) throw new Error(`${run}: an entry without a reason`);
  return entries.flatMap(({ checks }) => checks);
}

/** `{ passed, failed, scenarios, unexpected, stale }`; a check that ran several times failed when it failed once. */
export function judge(checks, expected) {
  const failures = new Map();
  for (const { scenario, id, status, message } of checks) {
    if (status === 'FAILURE') failures.set(`${scenario}:${id}`, message ?? '');
  }
  const count = (...wanted) => checks.filter(({ status }) => wanted.includes(status)).length;
  const failing = new Set(checks.filter(({ status }) => status === 'FAILURE').map(({ scenario }) => scenario));
  const all = new Set(checks.map(({ scenario }) => scenario));
  return {
    passed: count('SUCCESS'),
    failed: count('FAILURE'),
    warned: checks.filter(({ status }) => status === 'WARNING').map(({ scenario, id, message }) => `${scenario}:${id}: ${message}`),
    scenarios: all.size,
    clean: all.size - failing.size,
    unexpected: [...failures].filter(([check]) => !expected.includes(check)).map(([check, message]) => `${check}: ${message}`),
    stale: expected.filter((check) => !failures.has(check)),
  };
}

/** One line for people and for the documentation. */
export function summary(run, verdict) {
  const { passed, failed, scenarios, clean } = verdict;
  return `${run}: ${clean} of ${scenarios} scenarios without a failed check; ${passed} checks passed, ${failed} failed`;
}
