import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, get, Agent, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { eventually } from '../../../test/support/eventually';
import { acceptFaster } from './accept-faster';

const COPIES = 4;
const BACKLOG = 1_000;

const listen = async (): Promise<Server> => {
  const server = createServer((_request, response) => response.end('x'));
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  return server;
};

const ask = (server: Server): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const asked = get({ port, host: '127.0.0.1', agent: new Agent() }, (response) => {
      response.resume();
      response.once('end', () => resolve(String(response.statusCode)));
    });
    asked.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
    asked.once('timeout', reject);
  });

const close = async (servers: readonly (Server | NetServer)[]): Promise<void> => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen({ port, host: '127.0.0.1' }, () => resolve(true));
  });
  if (listens) await close([server]);
  return listens;
};

describe('acceptFaster', () => {
  it('serves whichever socket accepts, and accepts several in one turn', async () => {
    const server = await listen();
    const copies = await acceptFaster(server, COPIES, BACKLOG);
    expect(copies).toHaveLength(COPIES);
    let accepted = 0;
    let turns = 0;
    let isOver = false;
    server.on('connection', () => (accepted += 1));
    const turn = (): void => {
      turns += 1;
      // A turn that is long enough for all to be there when the next begins.
      const until = performance.now() + 20;
      while (performance.now() < until);
      if (!isOver) setImmediate(turn);
    };
    const asked = Array.from({ length: 60 }, () => ask(server));
    setImmediate(turn);
    await Promise.all(asked.map(async (answer) => expect(await answer).toBe('200')));
    isOver = true;
    expect(accepted).toBe(60);
    // One for each turn would take 60 of them, and each answer some more.
    expect(turns).toBeLessThan(60);
    await close([server, ...copies]);
  });

  it('accepts connections as the server itself does', async () => {
    const server = await listen();
    const copies = await acceptFaster(server, COPIES, BACKLOG);
    const settings = (one: unknown) => {
      const { allowHalfOpen, noDelay } = one as { allowHalfOpen: boolean; noDelay: boolean };
      return { allowHalfOpen, noDelay };
    };
    for (const copy of copies) expect(settings(copy)).toEqual(settings(server));
    await close([server, ...copies]);
  });

  it('serves each connection in the async context of the server, whichever socket accepts', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const servers = await context.run('of the server', async () => {
      const server = await listen();
      server.on('request', () => seen.push(context.getStore()));
      return [server, ...(await acceptFaster(server, COPIES, BACKLOG))] as const;
    });
    await Promise.all(Array.from({ length: 60 }, () => ask(servers[0])));
    expect(seen).toEqual(Array.from({ length: 60 }, () => 'of the server'));
    await close(servers);
  });

  it('starts no process where no copy is wanted', async () => {
    expect(await acceptFaster(createServer(), 0, BACKLOG)).toEqual([]);
  });

  it('leaves nobody behind that listens once all are closed', async () => {
    const server = await listen();
    const copies = await acceptFaster(server, COPIES, BACKLOG);
    const { port } = server.address() as AddressInfo;
    await close([server, ...copies]);
    // The process that made the copies is ended by then, and gone a moment later.
    await eventually(() => isFree(port), Boolean, 10_000);
  });

  it('rejects for a server that does not listen, and leaves nothing behind', async () => {
    await expect(acceptFaster(createServer(), COPIES, BACKLOG)).rejects.toThrow();
  });
});
