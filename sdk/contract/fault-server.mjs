// A server that answers as it is told. `POST /scripts` takes `{script: [step, …]}` and answers `{url}`, a base address; each request
// below it takes the next step, and `GET <url>/__seen` tells the requests that came. When the script is over, answers are 200 `{}`.
//
// A step: `{status?, headers?, body?, chunks?, then?: 'end' | 'reset' | 'hang'}`, `{hang: true}`, `{reset: true}` (before any
// answer), or `{socket: [message, …]}` for a WebSocket: the messages follow the client's `subscribe`, then the socket is cut.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/** Listens on a free port of 127.0.0.1. `close` ends every connection. */
export async function startFaultServer() {
  const scripts = new Map();
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  const sockets = new WebSocketServer({ noServer: true });

  async function answer(request, response) {
    const body = await bodyOf(request);
    if (request.method === 'POST' && request.url === '/scripts')
      return send(response, 200, { url: add(JSON.parse(body)) });
    const { entry, path } = find(request.url);
    if (!entry) return send(response, 404, {});
    if (path === '/__seen') return send(response, 200, entry.seen);
    entry.seen.push({ method: request.method, path, headers: request.headers, body: shown(body) });
    await perform(entry.script.shift() ?? { status: 200, body: {} }, response);
  }

  function add({ script }) {
    const id = String(scripts.size + 1);
    scripts.set(id, { script: [...script], seen: [] });
    return `http://127.0.0.1:${server.address().port}/s/${id}`;
  }

  function find(url) {
    const [, id, path] = /^\/s\/(\d+)(\/.*)$/.exec(url) ?? [];
    return { entry: scripts.get(id), path };
  }

  server.on('upgrade', (request, socket, head) => {
    const { entry, path } = find(request.url);
    if (!entry) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => {
      const step = entry.script.shift() ?? {};
      client.on('error', () => undefined);
      client.on('message', (data) => {
        const message = JSON.parse(data.toString());
        entry.seen.push({ method: 'SOCKET', path, headers: {}, body: message });
        if (message.type === 'auth') client.send(JSON.stringify({ type: 'ready', id: 'm', project: 'default' }));
        if (message.type !== 'subscribe') return;
        client.send(JSON.stringify({ type: 'subscribed', id: message.id, topic: message.topic, after: message.after }));
        for (const each of step.socket ?? []) client.send(JSON.stringify({ id: message.id, ...each }));
        setTimeout(() => client.terminate(), 50);
      });
    });
  });

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function perform(step, response) {
  if (step.hang) return;
  if (step.reset) return void response.socket.resetAndDestroy();
  const text = typeof step.body === 'string' ? step.body : JSON.stringify(step.body ?? {});
  response.writeHead(step.status ?? 200, { 'content-type': 'application/json', ...step.headers });
  for (const chunk of step.chunks ?? [text]) response.write(chunk);
  if (step.then === 'hang') return;
  // What was written reaches the client first.
  if (step.then === 'reset') setTimeout(() => response.socket?.destroy(), 50);
  else response.end();
}

const send = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const shown = (body) => {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
};

if (import.meta.url === `file://${process.argv[1]}`) console.log((await startFaultServer()).url);
