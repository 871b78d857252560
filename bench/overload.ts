/** One project asks for three and ten times what can be served, beside a polite one. Open loop: nobody waits for answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { startServer } from './support/server';
import { percentile } from './support/statistics';

const DIMENSION = 64;
const RECORDS = 2_000;
const CLOSED_CLIENTS = 12;
const POLITE_PER_SECOND = 20;
const RUN_MS = 6_000;
const TICK_MS = 5;
/** Beyond this the generator itself would be what is measured. */
const MOST_OUTSTANDING = 1_000;
const OK = 200;

interface Run {
  readonly ok: number[];
  readonly refused: number[];
  readonly other: number[];
}

class Client {
  private readonly agent = new Agent({ connections: MOST_OUTSTANDING, pipelining: 1 });

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const { statusCode, body: answer } = await this.agent.request({
      origin: this.url,
      path,
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: statusCode, text: await answer.text() };
  }

  async timed(run: Run, work: () => Promise<{ status: number }>): Promise<void> {
    const since = performance.now();
    const status = await work().then(
      (answer) => answer.status,
      () => 0,
    );
    const list = status === OK ? run.ok : status === 429 || status === 503 ? run.refused : run.other;
    list.push(performance.now() - since);
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}

const vector = (): number[] => Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
const search = (client: Client) => () =>
  client.call('POST', '/v1/collections/c/search', { query: { vector: vector() }, limit: 10 });

const emptyRun = (): Run => ({ ok: [], refused: [], other: [] });

async function prepared(url: string, rootKey: string, project: string): Promise<Client> {
  const root = new Client(url, rootKey);
  await root.call('POST', '/v1/projects', { name: project });
  const { text } = await root.call('POST', '/v1/keys', { name: 'k', role: 'admin', project });
  await root.close();
  const client = new Client(url, (JSON.parse(text) as { key: string }).key);
  await client.call('PUT', '/v1/collections/c', { dimension: DIMENSION, metric: 'cosine' });
  const records = Array.from({ length: RECORDS }, (_, n) => ({ id: `r${n}`, vector: vector() }));
  await client.call('PUT', '/v1/collections/c/records', { records });
  return client;
}

async function closedLoop(client: Client): Promise<number> {
  const run = emptyRun();
  const until = performance.now() + RUN_MS;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) await client.timed(run, search(client));
  };
  await Promise.all(Array.from({ length: CLOSED_CLIENTS }, loop));
  return (run.ok.length * 1_000) / RUN_MS;
}

/** Sends so many a second, whatever comes back. */
async function openLoop(client: Client, perSecond: number, work: () => Promise<{ status: number }>): Promise<Run> {
  const run = emptyRun();
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let sent = 0; performance.now() - startedAt < RUN_MS; await sleep(TICK_MS)) {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; sent < due; sent += 1) {
      if (open.size >= MOST_OUTSTANDING) continue;
      const call = client.timed(run, work).finally(() => open.delete(call));
      open.add(call);
    }
  }
  await Promise.all(open);
  return run;
}

async function measure(engine: string, settings: Record<string, string>): Promise<void> {
  const server = await startServer({ ZERODB_RATE_LIMIT: '0', ...settings });
  const [flood, polite] = await Promise.all(['flood', 'polite'].map((name) => prepared(server.url, server.key, name)));
  const probe = new Client(server.url, server.key);
  if (!flood || !polite) throw new Error('There are no clients.');
  try {
    const peak = await closedLoop(flood);
    const alone = percentile((await openLoop(polite, POLITE_PER_SECOND, search(polite))).ok, 0.99);
    const figures: Figure[] = [
      { name: 'peak, closed loop', value: peak, unit: '/s' },
      { name: 'polite project alone, p99', value: alone, unit: 'ms' },
    ];
    for (const factor of [1, 3, 10]) {
      const [load, beside, alive] = await Promise.all([
        openLoop(flood, peak * factor, search(flood)),
        openLoop(polite, POLITE_PER_SECOND, search(polite)),
        openLoop(probe, 10, () => probe.call('GET', '/livez')),
      ]);
      const p99 = (values: readonly number[]): number => percentile([...values], 0.99);
      const goodput = ((load.ok.length + beside.ok.length) * 1_000) / RUN_MS;
      figures.push(
        { name: `${factor}x: goodput`, value: goodput, unit: '/s', target: { compare: '>=', value: 0.8 * peak } },
        { name: `${factor}x: served, p99`, value: p99(load.ok), unit: 'ms', target: { compare: '<=', value: 2_000 } },
        { name: `${factor}x: refused`, value: load.refused.length, unit: '' },
        { name: `${factor}x: refused, p99`, value: p99(load.refused), unit: 'ms' },
        { name: `${factor}x: failed otherwise`, value: load.other.length + beside.other.length, unit: '' },
        {
          name: `${factor}x: polite, p99`,
          value: p99(beside.ok),
          unit: 'ms',
          target: { compare: '<=', value: 2 * alone },
        },
        { name: `${factor}x: polite, refused`, value: beside.refused.length, unit: '' },
        { name: `${factor}x: /livez, p99`, value: p99(alive.ok), unit: 'ms' },
      );
    }
    await report(`overload-${engine}`, `Open-loop overload, ${engine}`, figures);
  } finally {
    await Promise.all([flood, polite, probe].map((client) => client.close()));
    await server.stop();
  }
}

runBench(async () => {
  await measure('embedded', {});
  const { ZERODB_TEST_POSTGRES_URL: postgres } = process.env;
  if (postgres === undefined) return;
  const database = await createScratchDatabase(postgres);
  try {
    await measure('server', { ZERODB_POSTGRES_URL: database.url });
  } finally {
    await database.drop();
  }
});
