import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const routes = new WeakMap<Server, Map<string, Upgrade>>();

/** Gives connections of one path that want to become something else to `upgrade`; those of unknown paths are refused. */
export const onUpgrade = (server: Server, path: string, upgrade: Upgrade): void => {
  const known = routes.get(server);
  if (known) return void known.set(path, upgrade);
  const paths = new Map([[path, upgrade]]);
  routes.set(server, paths);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const handler = paths.get((request.url ?? '').split('?')[0] ?? '');
    if (handler) handler(request, socket, head);
    else refuseUpgrade(socket, 404, 'Not Found');
  });
};

export const refuseUpgrade = (socket: Duplex, status: number, reason: string): void => {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** Whether a page may connect. Browsers say where a page comes from; other clients say nothing. */
export const isFromAllowedOrigin = ({ origin, host }: IncomingHttpHeaders, allowed: readonly string[]): boolean => {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
};
