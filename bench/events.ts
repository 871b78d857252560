/** Events on a Postgres server: publishing, delivery to streams, and the drain of what a broker has missed. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { type BenchServer, startServer } from './support/server';
import { percentile } from './support/statistics';

const TOPIC = 'bench';
const BATCH = 100;
const PUBLISHERS = 4;
const BACKLOG = 100_000;
const RATE = 500;
const RATE_SECONDS = 10;
const SUBSCRIBERS = 2_000;
const FAN_OUT_EVENTS = 50;
const DRAIN_MS = 300_000;

interface Stream {
  close(): void;
}

/** Calls `onEvent` with each event's data; as thin a client as there is. */
const openStream = (server: BenchServer, onEvent: (data: string) => void): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.key}` };
    const outgoing = request(new URL(`/v1/topics/${TOPIC}/stream`, server.url), { headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const at = text.indexOf('data: ');
          if (at >= 0 && at < end) onEvent(text.slice(at + 6, end));
          text = text.slice(end + 2);
        }
      });
      answer.on('error', () => undefined);
      resolve({ close: () => outgoing.destroy() });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });

type Open = (server: BenchServer, onEvent: (data: string) => void) => Promise<Stream>;

/** The same over a WebSocket. */
const openSocket: Open = (server, onEvent) =>
  new Promise((resolve, reject) => {
    const url = new URL('/v1/realtime', server.url);
    url.protocol = 'ws:';
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${server.key}` },
      perMessageDeflate: false,
    });
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const { type } = JSON.parse(text) as { type: string };
      if (type === 'ready') socket.send(JSON.stringify({ type: 'subscribe', id: 's', topic: TOPIC }));
      if (type === 'subscribed') resolve({ close: () => socket.terminate() });
      if (type === 'error') reject(new Error(text));
      if (type === 'event') onEvent(text);
    });
  });

const publish = (client: HttpClient, events: unknown[]): Promise<unknown> =>
  client.call('POST', `/v1/topics/${TOPIC}/events`, { events });

async function measurePublishing(server: BenchServer): Promise<Figure> {
  let left = BACKLOG / BATCH;
  const work = async (): Promise<void> => {
    const client = new HttpClient(server);
    for (let batch = left--; batch > 0; batch = left--) {
      const events = Array.from({ length: BATCH }, (_, n) => ({
        type: 'order.placed',
        key: `customer-${(batch * BATCH + n) % 1_000}`,
        data: { order: batch * BATCH + n, total: 12.5, note: 'x'.repeat(100) },
      }));
      await publish(client, events);
    }
    client.close();
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: PUBLISHERS }, work));
  const perSecond = BACKLOG / ((performance.now() - startedAt) / 1000);
  return { name: 'publish, batches of 100', value: perSecond, unit: '/s', target: { compare: '>=', value: 5_000 } };
}

async function measureLatency(server: BenchServer): Promise<Figure[]> {
  const client = new HttpClient(server);
  const latencies: number[] = [];
  const stream = await openStream(server, (data) => latencies.push(performance.now() - sentAt(data)));
  await sleep(300);
  const startedAt = performance.now();
  for (let sent = 0; sent < RATE * RATE_SECONDS; sent += 5) {
    const dueAt = startedAt + (sent / RATE) * 1000;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    await publish(
      client,
      Array.from({ length: 5 }, () => ({ type: 'tick', data: { at: performance.now() } })),
    );
  }
  await sleep(1_000);
  stream.close();
  client.close();
  return [
    { name: 'publish to stream p50, 500 events/s', value: percentile(latencies, 0.5), unit: 'ms' },
    {
      name: 'publish to stream p99, 500 events/s',
      value: percentile(latencies, 0.99),
      unit: 'ms',
      target: { compare: '<', value: 100 },
    },
    { name: 'delivered of them', value: latencies.length / (RATE * RATE_SECONDS), unit: '' },
  ];
}

const sentAt = (data: string): number => Number(/"at":([\d.]+)/.exec(data)?.[1]);

async function measureFanOut(server: BenchServer, kind: string, open: Open): Promise<Figure[]> {
  const client = new HttpClient(server);
  const latencies: number[] = [];
  const before = await server.residentMib();
  const streams: Stream[] = [];
  for (let opened = 0; opened < SUBSCRIBERS; opened += 50) {
    const some = Array.from({ length: 50 }, () =>
      open(server, (data) => latencies.push(performance.now() - sentAt(data))),
    );
    streams.push(...(await Promise.all(some)));
  }
  await sleep(2_000);
  const perStream = (((await server.residentMib()) - before) * 1024) / SUBSCRIBERS;
  for (let sent = 0; sent < FAN_OUT_EVENTS; sent += 1) {
    await publish(client, [{ type: 'tick', data: { at: performance.now() } }]);
    await sleep(200);
  }
  await sleep(2_000);
  for (const stream of streams) stream.close();
  client.close();
  return [
    {
      name: `2,000 ${kind}: memory of each`,
      value: perStream * 1.024,
      unit: 'kB',
      target: { compare: '<', value: 20 },
    },
    {
      name: `2,000 ${kind}: delivery p99`,
      value: percentile(latencies, 0.99),
      unit: 'ms',
      target: { compare: '<', value: 500 },
    },
    { name: `2,000 ${kind}: delivered`, value: latencies.length / (SUBSCRIBERS * FAN_OUT_EVENTS), unit: '' },
  ];
}

/** The broker was away for the whole backlog, and is there now. */
async function measureDrain(server: BenchServer): Promise<Figure> {
  const client = new HttpClient(server);
  const lag = async (): Promise<number> => {
    const service = await client.call<{ lag: { records: number } | null }>('GET', '/v1/services/broker');
    return service.lag?.records ?? BACKLOG;
  };
  const endsAt = performance.now() + DRAIN_MS;
  let first: { at: number; lag: number } | undefined;
  for (let left = await lag(); left > 0 && performance.now() < endsAt; left = await lag()) {
    if (!first && left < BACKLOG) first = { at: performance.now(), lag: left };
    await sleep(100);
  }
  client.close();
  const { at, lag: rest } = first ?? { at: performance.now(), lag: 0 };
  const perSecond = rest / ((performance.now() - at) / 1000);
  return { name: 'drain to the broker', value: perSecond, unit: '/s', target: { compare: '>=', value: 5_000 } };
}

async function measure(url: string, brokers: string | undefined): Promise<void> {
  const settings = { ZERODB_POSTGRES_URL: url };
  const figures: Figure[] = [];
  const first = await startServer(settings);
  try {
    const client = new HttpClient(first);
    const broker = { topic: `zerodb-bench-${Date.now()}` };
    await client.call('PUT', `/v1/topics/${TOPIC}`, { broker });
    client.close();
    figures.push(await measurePublishing(first));
    figures.push(...(await measureLatency(first)));
    figures.push(...(await measureFanOut(first, 'streams', openStream)));
  } finally {
    await first.stop();
  }
  // A process of its own: what the streams needed would be there for the sockets.
  const sockets = await startServer(settings);
  try {
    figures.push(...(await measureFanOut(sockets, 'sockets', openSocket)));
  } finally {
    await sockets.stop();
  }
  if (brokers !== undefined) {
    const second = await startServer({ ...settings, ZERODB_KAFKA_BROKERS: brokers });
    try {
      figures.push(await measureDrain(second));
    } finally {
      await second.stop();
    }
  }
  await report('events', 'Events, Postgres server', figures);
}

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: url, ZERODB_TEST_KAFKA_BROKERS: brokers } = process.env;
  if (!url) throw new Error('ZERODB_TEST_POSTGRES_URL is not set: this measures a Postgres server.');
  const database = await createScratchDatabase(url);
  try {
    await measure(database.url, brokers);
  } finally {
    await database.drop();
  }
});
