import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A separate process that refuses every request without reading it: what being asked costs a machine, whoever is asked.
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(429, { 'content-length': 0, 'retry-after': '1' }).end();
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
// Without the harness there is nobody to refuse.
process.once('disconnect', () => process.exit(0));
