// The reference server of the MCP project, behind a guard that demands a header and keeps a record.
import { spawn } from 'node:child_process';
import { createServer, request as forward } from 'node:http';
import { createRequire } from 'node:module';
import { eventually } from '../../e2e/support/tieline.mjs';

const require = createRequire(import.meta.url);
const PROGRAM = require.resolve('@modelcontextprotocol/server-everything/dist/index.js');

/** Starts the server: `transport` is `streamableHttp` or `sse`. `header` must carry exactly `value`. */
export async function startEverything(transport, { header, value }) {
  const port = await freePort();
  const child = spawn(process.execPath, [PROGRAM, transport], { env: { ...process.env, PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => { log += chunk; });
  await eventually('the reference server listens', () => /listening on port|running on port/.test(log));
  const requests = [];
  const guard = createServer((request, response) => {
    const allowed = request.headers[header.toLowerCase()] === value;
    requests.push({ method: request.method, path: request.url, allowed });
    if (!allowed) return response.writeHead(401).end();
    const onward = forward({ host: '127.0.0.1', port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => guard.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${guard.address().port}/${transport === 'sse' ? 'sse' : 'mcp'}`,
    /** Every request that reached the guard, and whether it carried the header. */
    requests,
    async stop() {
      guard.close();
      guard.closeAllConnections();
      child.kill('SIGKILL');
    },
  };
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
