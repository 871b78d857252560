import { AsyncResource } from 'node:async_hooks';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { endLingering } from './linger';
import { plainHeadOf } from './plain-request';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Options of a WebSocket server: the time for the peer to close as well; then the socket is destroyed. */
export const CLOSING = { closeTimeout: 2_000 };

const routes = new WeakMap<Server, Map<string, Upgrade>>();

/**
 * Accepts the upgrades registered with `onUpgrade`. Ignores all other offers, as RFC 9110 allows for unknown protocols
 * (`curl --http2` offers h2c with its first request): the request is answered as HTTP/1.1.
 */
export const serveUpgrades = (server: Server): void => {
  const paths = pathsOf(server);
  const latest = new WeakMap<Duplex, ServerResponse>();
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => latest.set(socket, response));
  // An offer, and what its socket emits, comes without an async context. The server's has the log of its application.
  const context = new AsyncResource('upgrades');
  const hear = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy());
    const handler = isWebSocket(request) ? paths.get((request.url ?? '').split('?')[0] ?? '') : undefined;
    if (handler) socket.emit = context.bind<Duplex['emit']>(socket.emit.bind(socket));
    const go = handler ?? ((...offer: Parameters<Upgrade>) => answerPlainly(server, ...offer));
    // Offered after a request that is not answered yet: wait, because two answers at once would mix.
    const before = latest.get(socket);
    // That request's context is not this one's.
    if (before && !before.writableFinished)
      before.once(
        'close',
        context.bind(() => go(request, socket, head)),
      );
    else go(request, socket, head);
  };
  server.on('upgrade', context.bind(hear));
};

/** Passes the WebSockets of one path to `upgrade`. */
export const onUpgrade = (server: Server, path: string, upgrade: Upgrade): void => {
  pathsOf(server).set(path, upgrade);
};

/** Ignores every upgrade from now on. */
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
 * Ends a WebSocket that sends more than `maxBytes` before the function that this returns is called: this bounds the
 * memory that a client can use before it has authenticated.
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

/** Node has left HTTP by now and cannot return to it, so the connection is parsed again without the offer. */
const answerPlainly = (server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  socket.unshift(Buffer.concat([plainHeadOf(request), head]));
  server.emit(socket instanceof TLSSocket ? 'secureConnection' : 'connection', socket);
};
