// A small MCP server for tests: one era at a time, demands an exact header value, remembers every request.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';

const MODERN = '2026-07-28';
const LEGACY = '2025-06-18';

/** Three tools: one harmless, one that writes, one that fails. */
export const TOOLS = [
  { name: 'search_orders', description: 'Finds orders by customer or number.', inputSchema: { type: 'object', properties: { query: { type: 'string' } } }, annotations: { readOnlyHint: true } },
  { name: 'refund_order', description: 'Gives money back.', inputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }, annotations: { destructiveHint: true } },
  { name: 'echo', description: 'Answers with what it was given.', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } },
];

/**
 * Starts a server on a free loopback port.
 * `header` and `token`: what each request must carry, byte for byte; without a token everything is let in.
 * `answers`: a function (request, response) that may answer before MCP does (returns true when it did).
 */
export async function startFakeMcp({ era = 'modern', header = 'authorization', token: first, tools = TOOLS, answers } = {}) {
  let token = first;
  const requests = [];
  const sessions = new Set();
  const server = createServer((request, response) => {
    readBody(request).then((body) => {
      requests.push({ method: request.method, path: request.url, headers: { ...request.headers }, body });
      if (answers?.(request, response)) return;
      if (token !== undefined && request.headers[header.toLowerCase()] !== token) return send(response, 401, { error: 'unauthorized' });
      if (request.method === 'DELETE' && era === 'legacy') {
        sessions.delete(request.headers['mcp-session-id']);
        return send(response, 204);
      }
      if (request.method !== 'POST') return send(response, 405, { error: 'method not allowed' });
      const message = parse(body);
      if (message === undefined) return send(response, 400, failure(null, -32700, 'Parse error'));
      if (era === 'modern') modern(message, request, response, fake.tools);
      else legacy(message, request, response, fake.tools, sessions);
    }).catch(() => response.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake = {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    /** Change the list to change what the server offers. */
    tools: [...tools],
    requests,
    /** From now on another token is demanded. */
    token: (another) => { token = another; },
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
  return fake;
}

function modern(message, request, response, tools) {
  if (request.headers['mcp-protocol-version'] !== MODERN) {
    const data = { supported: [MODERN], requested: request.headers['mcp-protocol-version'] ?? null };
    return send(response, 400, failure(message.id, -32022, 'Unsupported protocol version', data));
  }
  const meta = { 'io.modelcontextprotocol/serverInfo': { name: 'fake-mcp', version: '1.0.0' } };
  const cached = { ttlMs: 60000, cacheScope: 'public', resultType: 'complete', _meta: meta };
  switch (message.method) {
    case 'server/discover': return send(response, 200, success(message.id, { supportedVersions: [MODERN], capabilities: { tools: {} }, ...cached }));
    case 'tools/list': return send(response, 200, success(message.id, { tools, ...cached }));
    case 'tools/call': return send(response, 200, called(message, tools, { resultType: 'complete', _meta: meta }));
    default: return send(response, 404, failure(message.id, -32601, 'Method not found'));
  }
}

function legacy(message, request, response, tools, sessions) {
  if (message.method === 'initialize') {
    const session = randomUUID();
    sessions.add(session);
    const result = { protocolVersion: LEGACY, capabilities: { tools: { listChanged: false } }, serverInfo: { name: 'fake-mcp', version: '1.0.0' } };
    return send(response, 200, success(message.id, result), { 'mcp-session-id': session });
  }
  const session = request.headers['mcp-session-id'];
  if (session === undefined) return send(response, 400, failure(message.id ?? null, -32600, 'Bad Request: no session'));
  if (!sessions.has(session)) return send(response, 404, failure(message.id ?? null, -32600, 'Session not found'));
  if (message.id === undefined) return send(response, 202);
  switch (message.method) {
    case 'ping': return send(response, 200, success(message.id, {}));
    case 'tools/list': return send(response, 200, success(message.id, { tools }));
    case 'tools/call': return send(response, 200, called(message, tools, {}));
    default: return send(response, 200, failure(message.id, -32601, 'Method not found'));
  }
}

function called(message, tools, extra) {
  const { name, arguments: given = {} } = message.params ?? {};
  if (!tools.some((tool) => tool.name === name)) return failure(message.id, -32602, `Unknown tool: ${name}`);
  return success(message.id, { content: [{ type: 'text', text: `${name}: ${JSON.stringify(given)}` }], ...extra });
}

const success = (id, result) => ({ jsonrpc: '2.0', id, result });
const failure = (id, code, message, data) => ({ jsonrpc: '2.0', id, error: { code, message, ...(data && { data }) } });

function send(response, status, body, headers = {}) {
  response.writeHead(status, { ...(body && { 'content-type': 'application/json' }), ...headers });
  response.end(body && JSON.stringify(body));
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
