// A Tieline with one admin and one access key, prepared on the command line.
import { mustRun, startTieline } from '../../e2e/support/tieline.mjs';

/** Resolves with the running Tieline and a key for its gateway. */
export async function startWithKey() {
  const tieline = await startTieline();
  const email = 'ada@example.com';
  await mustRun(tieline, ['user', 'add', '--email', email, '--name', 'Ada Admin', '--role', 'admin', '--password-stdin'], 'correct horse battery staple');
  const key = await mustRun(tieline, ['key', 'create', '--email', email, '--name', 'interop']);
  return { tieline, key };
}

/** Adds a connector; its token is read from standard input, so it is in no process list. */
export const addConnector = (tieline, name, url, { token, header } = {}) => mustRun(
  tieline,
  ['connector', 'add', name, url, ...(token ? ['--token-stdin'] : []), ...(header ? ['--auth-header', header] : [])],
  token,
);
