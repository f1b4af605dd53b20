// A Tieline with one admin and one access key, prepared on the command line.
import { ask, toolNames } from '../../e2e/support/gateway.mjs';
import { eventually, mustRun, startTieline } from '../../e2e/support/tieline.mjs';

/** Resolves with the running Tieline and a key for its gateway. */
export async function startWithKey() {
  const tieline = await startTieline();
  const email = 'ada@example.com';
  await mustRun(tieline, ['user', 'add', '--email', email, '--name', 'Ada Admin', '--role', 'admin', '--password-stdin'], 'correct horse battery staple');
  const key = await mustRun(tieline, ['key', 'create', '--email', email, '--name', 'interop']);
  // What the command line changes is promised to a running server within a second.
  await eventually('the gateway accepts the key', async () => (await ask(tieline, key, 'tools/list')).status === 200, 3);
  return { tieline, key };
}

/** Resolves once the gateway lists tools for the key. */
export const toolsListed = (tieline, key, path) => eventually('the gateway lists the tools', async () => {
  const names = await toolNames(tieline, key, path);
  return names.length > 0 && names;
}, 5);

/** Adds a connector; its token is read from standard input, so it is in no process list. */
export const addConnector = (tieline, name, url, { token, header } = {}) => mustRun(
  tieline,
  ['connector', 'add', name, url, ...(token ? ['--token-stdin'] : []), ...(header ? ['--auth-header', header] : [])],
  token,
);
