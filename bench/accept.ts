/** New connections beside 200 busy ones: how long until a thousand of them are answered, with more and more listening sockets. */
import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { acceptFaster } from '../src/transports/rest/accept-faster';
import { type Figure, report, runBench } from './support/report';
import { percentile } from './support/statistics';

const BUSY = 200;
const NEW = 1_000;
/** What one request costs the server; a turn with all of the busy connections takes 60 ms. */
const WORK_MS = 0.3;
const WARM_MS = 500;
const BACKLOG = 4_096;

const listen = async (copies: number): Promise<Server> => {
  const server = createServer((_request, response) => {
    const until = performance.now() + WORK_MS;
    while (performance.now() < until);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve));
  await acceptFaster(server, copies, BACKLOG);
  return server;
};

const ask = (port: number, agent: Agent): Promise<number> => {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = get({ port, host: '127.0.0.1', agent }, (response) => {
      response.resume().once('end', () => resolve(performance.now() - began));
    });
    asked.once('error', reject);
  });
};

/** In a thread of its own: the server must have its turns to itself. Milliseconds until each was answered. */
const measure = async (port: number): Promise<number[]> => {
  const kept = new Agent({ keepAlive: true, maxSockets: BUSY });
  let isOver = false;
  const busy = Array.from({ length: BUSY }, async () => {
    while (!isOver) await ask(port, kept);
  });
  await sleep(WARM_MS);
  const times = await Promise.all(Array.from({ length: NEW }, () => ask(port, new Agent())));
  isOver = true;
  await Promise.all(busy);
  return times;
};

const figuresFor = async (copies: number): Promise<Figure[]> => {
  const server = await listen(copies);
  const worker = new Worker(__filename, { workerData: (server.address() as AddressInfo).port });
  const times = await new Promise<number[]>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  server.close();
  const name = `${NEW} new connections beside ${BUSY} busy ones, ${copies + 1} listening`;
  return [
    { name: `${name}: p50`, value: percentile(times, 0.5), unit: 'ms' },
    { name: `${name}: longest`, value: Math.max(...times), unit: 'ms' },
  ];
};

const main = async (): Promise<void> => {
  const figures: Figure[] = [];
  for (const copies of [0, 7, 31]) figures.push(...(await figuresFor(copies)));
  await report('accept', 'New connections to a busy process', figures);
  process.exit();
};

if (isMainThread) runBench(main);
else void measure(workerData as number).then((times) => parentPort?.postMessage(times));
