// Passes everything on to a server and adds headers, for clients that cannot send any of their own.
import { createServer, request as forward } from 'node:http';

/** Resolves with `{ url, stop }`; `url` leads to the same path as `target`. */
export async function openDoor(target, headers) {
  const { hostname, port, pathname } = new URL(target);
  const door = createServer((request, response) => {
    const options = { hostname, port, method: request.method, path: request.url, headers: { ...request.headers, ...headers } };
    const onward = forward(options, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${door.address().port}${pathname}`,
    stop() {
      door.close();
      door.closeAllConnections();
    },
  };
}
