import { AsyncResource } from 'node:async_hooks';
import { fork, type ChildProcess } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import { Server, type Socket } from 'node:net';
import path from 'node:path';

const COPIER = path.join(__dirname, 'socket-copier.js');
const PATIENCE_MS = 10_000;

/**
 * Accepts up to `copies` + 1 connections in each turn of the event loop. Node accepts about one for each listening socket and
 * turn, and a turn of a busy process has hundreds of requests: beside 200 busy connections a thousand new ones, the probes of
 * `/ready` among them, waited up to 112 s; with 7 copies 2 s (`bench/accept.ts`). In a flood a turn is longer, and 15 copies were too
 * few: with 63 the p99 of a polite project beside it was half (row 54). Returns the servers that listen beside
 * `server` and hand their connections to it; they are to be closed with it. `backlog` is that of `server`. Rejects when no copy
 * could be made.
 */
export const acceptFaster = async (server: HttpServer, copies: number, backlog: number): Promise<Server[]> => {
  if (copies < 1) return [];
  const child = fork(COPIER, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // A process that cannot be started, or ended, is reported by what waits for it.
  child.on('error', () => undefined);
  const timer = setTimeout(() => child.kill(), PATIENCE_MS);
  const made: Server[] = [];
  try {
    while (made.length < copies) made.push(serve(server, await copyOf(server, child, made.length)));
    return made;
  } catch (error) {
    for (const one of made) one.close();
    throw error;
  } finally {
    clearTimeout(timer);
    child.kill();
    restoreBacklog(server, backlog);
  }
};

/** Whoever takes a socket over listens on it again, with Node's own backlog: the kernel has one for all of them. */
const restoreBacklog = (server: HttpServer, backlog: number): void => {
  const { _handle: handle } = server as unknown as { _handle?: { listen?(backlog: number): number } };
  handle?.listen?.(backlog);
};

const copyOf = (server: HttpServer, child: ChildProcess, count: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('The process that copies the socket ended early.'));
    child.once('exit', onExit).once('error', reject);
    child.once('message', (_count, copy) => {
      child.off('exit', onExit).off('error', reject);
      if (copy instanceof Server) resolve(copy);
      else reject(new Error('The process that copies the socket returned none.'));
    });
    child.send(count, server, { keepOpen: true }, (error) => error && reject(error));
  });

const serve = (server: HttpServer, copy: Server): Server => {
  // Read for each connection; a server that comes from another process has none of them.
  const { allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay } = server as unknown as Record<string, unknown>;
  Object.assign(copy, { allowHalfOpen, noDelay, keepAlive, keepAliveInitialDelay });
  // A socket that comes from another process runs outside of every async context; the server's has the log of its application.
  const pass = AsyncResource.bind((socket: Socket) => server.emit('connection', socket));
  return copy.on('connection', pass).on('error', () => undefined);
};
