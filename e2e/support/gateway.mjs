// The smallest MCP client: one modern request to the gateway.

/** Sends a request with an access key; resolves with `{ status, body }`. `clientInfo` is what the client calls itself. */
export async function ask(tieline, key, method, params = {}, path = '/mcp', clientInfo = { name: 'e2e', version: '1' }) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': clientInfo,
  };
  const headers = {
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(params.name && { 'mcp-name': params.name }),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } });
  const response = await fetch(`${tieline.url}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  const json = text.startsWith('{') ? text : text.split('\n').filter((line) => line.startsWith('data: {')).at(-1)?.slice(6);
  return { status: response.status, body: json === undefined ? text : JSON.parse(json) };
}

/** The names that the gateway lists. */
export async function toolNames(tieline, key, path) {
  const { body } = await ask(tieline, key, 'tools/list', {}, path);
  return body.result.tools.map((tool) => tool.name);
}
