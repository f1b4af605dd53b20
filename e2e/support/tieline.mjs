// Starts the real binary on a data directory of its own and a free loopback port.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const BINARY = process.env.TIELINE_BIN ?? path.join(ROOT, 'target/debug/tieline');
const READY = /\bready\b.*?(https?:\/\/[^\s"]+|127\.0\.0\.1:\d+)/;
const SETUP = /(https?:\/\/[^\s"]+\/setup\?code=[^\s"]+)/;

/** A running Tieline. `stop()` ends it and removes its data. */
export async function startTieline({ args = [], env = {} } = {}) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tieline-e2e-'));
  const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, ...args], {
    cwd: dataDir,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ready = new Promise((resolve, reject) => {
    const read = (chunk) => {
      log += chunk;
      const match = READY.exec(log);
      if (match) resolve(match[1].startsWith('http') ? match[1] : `http://${match[1]}`);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (error) => reject(new Error(`${BINARY} does not start: ${error.message}`)));
    ended.then((code) => reject(new Error(`tieline ended with ${code} before it was ready:\n${log}`)));
    setTimeout(() => reject(new Error(`tieline was not ready within 60 s:\n${log}`)), 60_000).unref();
  });
  let url;
  try {
    url = (await ready).replace(/\/$/, '');
  } catch (error) {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    url,
    dataDir,
    log: () => log,
    /** The link of the first start; undefined when there was none. */
    setupUrl: () => SETUP.exec(log)?.[1],
    /** Runs a command of the binary on the same data: `cli(['key', 'list'])`. */
    cli: (words, input) => runCommand([...words, '--data-dir', dataDir], input, env),
    async stop() {
      child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(patience);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs the binary once; resolves with its exit code and what it printed. */
export function runCommand(words, input = '', env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, words, { env: cleanEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => { stdout += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk) => { stderr += chunk; });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** Runs the binary once and insists on success; resolves with its standard output, trimmed. */
export async function mustRun(tieline, words, input) {
  const { code, stdout, stderr } = await tieline.cli(words, input);
  if (code !== 0) throw new Error(`tieline ${words.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout.trim();
}

/** The environment without settings of the person who runs the tests. */
function cleanEnvironment(extra) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TIELINE_') && name !== 'NODE_TEST_CONTEXT');
  return { ...Object.fromEntries(own), ...extra };
}

/** Repeats `check` until it gives a truthy value, for at most `seconds`. */
export async function eventually(what, check, seconds = 15) {
  const deadline = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s${last ? `: ${last.message}` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
