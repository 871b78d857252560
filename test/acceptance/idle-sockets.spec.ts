import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const WANTED = 10_000;
/** Files and connections that both processes need besides. */
const RESERVE = 1_000;
const AT_ONCE = 250;
/** They are closed 20 s after they were opened, and looked at every 5 s; the rest is for a busy machine. */
const CLOSED_MS = 60_000;

/** As many as a process may open here. */
const allowed = (): number => {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return Math.max(100, Math.min(WANTED, Number(limit ?? RESERVE) - RESERVE));
  } catch {
    return 100;
  }
};

describe('connections that say nothing', () => {
  let server: TestServer;
  const sockets: Socket[] = [];
  const answers: string[] = [];

  beforeAll(async () => {
    server = await startServer();
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await server.stop();
  });

  const open = (port: number, said: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        if (said !== '') socket.write(said);
        resolve();
      });
      socket.once('error', reject);
      socket.once('data', (data) => answers.push(data.toString('latin1')));
      sockets.push(socket);
    });

  it(`are closed, ${allowed()} of them, and keep nobody else from being served`, async () => {
    const port = Number(new URL(server.url).port);
    const call = clientOf(server.url);
    for (let opened = 0; opened < allowed(); opened += AT_ONCE) {
      // Every other one begins a request and never ends it.
      const group = Array.from({ length: Math.min(AT_ONCE, allowed() - opened) }, (_, index) =>
        open(port, index % 2 === 0 ? '' : 'GET /v1/collections HTTP/1.1\r\nhost: localhost\r\n'),
      );
      await Promise.all(group);
    }
    for (const socket of sockets) socket.on('error', () => undefined);
    for (let request = 0; request < 20; request += 1) {
      expect((await call('/v1/collections', { key: server.rootKey })).status).toBe(200);
    }
    for (const until = Date.now() + CLOSED_MS; Date.now() < until && sockets.some((socket) => !socket.closed);) {
      await sleep(500);
    }
    expect(sockets.filter((socket) => !socket.closed)).toHaveLength(0);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 408 '))).toEqual([]);
    expect((await call('/health')).status).toBe(200);
    expect(server.logs()).not.toMatch(/"level":"(error|fatal)"/);
  });
});
