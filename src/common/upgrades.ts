import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { endLingering } from './linger';
import { messageOf } from './plain-request';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Options of a WebSocket server: so long the other side may take to close too; then the socket is cut off. */
export const CLOSING = { closeTimeout: 2_000 };

const routes = new WeakMap<Server, Map<string, Upgrade>>();

/**
 * Takes the upgrades that `onUpgrade` knows. Any other offer is ignored, as RFC 9110 has it for protocols that a server
 * does not speak (`curl --http2` offers h2c with its first request): the request is answered as HTTP/1.1.
 */
export const serveUpgrades = (server: Server): void => {
  const paths = pathsOf(server);
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => latest.set(socket, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const handler = isWebSocket(request) ? paths.get((request.url ?? '').split('?')[0] ?? '') : undefined;
    const go = handler ?? ((...offer: Parameters<Upgrade>) => answerPlainly(server, ...offer));
    // Offered behind a request that is not answered yet: two answers at once would get mixed up.
    const before = latest.get(socket);
    if (before && !before.writableFinished) before.once('close', () => go(request, socket, head));
    else go(request, socket, head);
  });
};

/** Passes the WebSockets of one path to `upgrade`. */
export const onUpgrade = (server: Server, path: string, upgrade: Upgrade): void => {
  pathsOf(server).set(path, upgrade);
};

/** From now on every upgrade is ignored. */
export const forgetUpgrades = (server: Server): void => pathsOf(server).clear();

export const refuseUpgrade = (socket: Duplex, status: number, reason: string): void => {
  endLingering(socket, `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** Whether a page may connect. Browsers say where a page comes from; other clients say nothing. */
export const isFromAllowedOrigin = ({ origin, host }: IncomingHttpHeaders, allowed: readonly string[]): boolean => {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
};

/**
 * Ends a WebSocket that sends more than `maxBytes` before the function that this returns is called: until a client has said
 * who it is, the limit of its messages is not the limit of what it may make us hold.
 */
export const boundUntilNamed = (socket: Duplex, maxBytes: number): (() => void) => {
  let size = 0;
  const count = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) socket.destroy();
  };
  socket.on('data', count);
  return () => socket.off('data', count);
};

const pathsOf = (server: Server): Map<string, Upgrade> => {
  const known = routes.get(server);
  if (known) return known;
  const paths = new Map<string, Upgrade>();
  routes.set(server, paths);
  return paths;
};

const isWebSocket = ({ headers, method }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.trim().toLowerCase() === 'websocket';

/** Node has left HTTP by now and cannot be told to go back, so the connection begins again without the offer. */
const answerPlainly = (server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  socket.unshift(Buffer.concat([messageOf(request), head]));
  server.emit('connection', socket);
};
