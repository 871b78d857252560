import { fork, type ChildProcess } from 'node:child_process';
import type { Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import path from 'node:path';

const COPIER = path.join(__dirname, 'socket-copier.js');
const PATIENCE_MS = 10_000;

/**
 * Accepts up to `copies` + 1 connections in each turn of the event loop. Node accepts about one for each listening socket and
 * turn, and a turn of a busy process has hundreds of requests: beside 200 busy connections a thousand new ones, the probes of
 * `/ready` among them, waited up to 112 s; with 7 copies 2 s (`bench/accept.ts`). Returns the servers that listen beside
 * `server` and hand their connections to it; they are to be closed with it. Rejects when no copy could be made.
 */
export const acceptFaster = async (server: HttpServer, copies: number): Promise<Server[]> => {
  const child = fork(COPIER, [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
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
  }
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

const serve = (server: HttpServer, copy: Server): Server =>
  copy.on('connection', (socket) => server.emit('connection', socket)).on('error', () => undefined);
