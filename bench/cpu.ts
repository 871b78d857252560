/**
 * Processor time of the serving process for each small request, user and system, beside a bare Fastify process that does the
 * same SQL and asks the same Qdrant. Unlike latency it hardly depends on what else the machine does.
 *
 * `--main=PATH` measures another build than `dist/main.js`; `--before=PATH` measures a second one in the same rounds.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { Pool } from 'undici';
import { untilServedByQdrant } from './support/attach';
import type { BareWork } from './support/bare-fastify';
import { bareWork } from './support/bare-work';
import { insertAll, toBase64, untilIndexed } from './support/collections';
import { DIMENSION, loadGlosses, type Glosses } from './support/glosses';
import { HttpClient } from './support/http-client';
import { microsecondsBetween, processorTimes } from './support/processor-time';
import { DirectQdrant } from './support/qdrant';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { type BenchServer, startServer } from './support/server';
import { percentile } from './support/statistics';

const COLLECTION = 'glosses';
const RECORDS = 10_000;
const LIMIT = 10;
const ATTACH_MS = 600_000;
/** Requests of a kind before any is measured, in two thirds of which code is still being compiled. */
const WARM_UP = 2_000;
const IDLE_MS = 4_000;

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: string;
}

interface Kind {
  readonly name: string;
  readonly product: (turn: number) => Request;
  readonly bare: (turn: number) => Request;
}

/** One process that is measured. */
interface Measured {
  readonly name: 'after' | 'before' | 'bare';
  readonly pid: number;
  readonly pool: Pool;
  readonly headers: Readonly<Record<string, string>>;
}

const { values: flags } = parseArgs({
  options: {
    main: { type: 'string', default: 'dist/main.js' },
    before: { type: 'string' },
    rounds: { type: 'string', default: '25' },
    requests: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
});

function kindsOf({ queries, vectors }: Glosses): Kind[] {
  const query = (turn: number): string => toBase64(queries[turn % queries.length] ?? new Float32Array(DIMENSION));
  const idOf = (turn: number): string => `g${(turn * 7) % RECORDS}`;
  const search = (name: string, more: object): Kind => ({
    name: `${name} search`,
    product: (turn) =>
      posted(`/v1/collections/${COLLECTION}/search`, {
        query: { vector: query(turn) },
        limit: LIMIT,
        include: ['metadata'],
        ...more,
      }),
    bare: (turn) => posted(`/${name}`, { query: { vector: query(turn) }, limit: LIMIT }),
  });
  const record = (turn: number): object => ({
    records: [
      {
        id: idOf(turn),
        vector: toBase64(vectors[(turn * 7) % RECORDS] ?? new Float32Array(DIMENSION)),
        metadata: { row: turn },
      },
    ],
  });
  const livez = (): Request => ({ method: 'GET', path: '/livez' });
  return [
    { name: 'livez', product: livez, bare: livez },
    {
      name: 'get',
      product: (turn) => ({ method: 'GET', path: `/v1/collections/${COLLECTION}/records/${idOf(turn)}` }),
      bare: (turn) => ({ method: 'GET', path: `/records/${idOf(turn)}` }),
    },
    search('eventual', { consistency: 'eventual' }),
    search('strong', {}),
    search('pgvector', { engine: 'pgvector' }),
    {
      name: 'upsert',
      product: (turn) => ({
        method: 'PUT',
        path: `/v1/collections/${COLLECTION}/records`,
        body: JSON.stringify(record(turn)),
      }),
      bare: (turn) => ({ method: 'PUT', path: '/records', body: JSON.stringify(record(turn)) }),
    },
  ];
}

const posted = (path: string, body: object): Request => ({ method: 'POST', path, body: JSON.stringify(body) });

/** Microseconds for each request, without those that the process uses all the time. */
async function measure(measured: Measured, requests: readonly Request[], idle: number): Promise<number> {
  const startedAt = performance.now();
  const before = await processorTimes(measured.pid);
  await send(measured, requests);
  const used = microsecondsBetween(before, await processorTimes(measured.pid));
  return (used - idle * (performance.now() - startedAt)) / requests.length;
}

/** Microseconds for each millisecond in which nobody asks anything. */
async function idleTime({ pid }: Measured): Promise<number> {
  const startedAt = performance.now();
  const before = await processorTimes(pid);
  await sleep(IDLE_MS);
  return microsecondsBetween(before, await processorTimes(pid)) / (performance.now() - startedAt);
}

/** One at a time over one connection. */
async function send(measured: Measured, requests: readonly Request[]): Promise<void> {
  for (const { method, path: target, body } of requests) {
    const answer = await measured.pool.request({
      method,
      path: target,
      headers: body === undefined ? measured.headers : { ...measured.headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method} ${target} answered ${answer.statusCode}: ${text}`);
  }
}

/** Round by round, so that whatever the machine does happens to all. Medians. */
async function measureKind(kind: Kind, all: readonly Measured[], idle: readonly number[]): Promise<readonly number[]> {
  const samples: number[][] = all.map(() => []);
  const [rounds, requests] = [Number(flags.rounds), Number(flags.requests)];
  const requestsOf = (at: number, from: number, count: number): Request[] => {
    const request = all[at]?.name === 'bare' ? kind.bare : kind.product;
    return Array.from({ length: count }, (_, index) => request(from + index));
  };
  await Promise.all(all.map((measured, at) => send(measured, requestsOf(at, 0, WARM_UP))));
  for (let round = 0; round < rounds; round += 1) {
    // Each is first as often as the others.
    for (let turn = 0; turn < all.length; turn += 1) {
      const at = (turn + round) % all.length;
      const microseconds = await measure(
        all[at] as Measured,
        requestsOf(at, round * requests, requests),
        idle[at] ?? 0,
      );
      samples[at]?.push(microseconds);
    }
  }
  return samples.map((values) => percentile(values, 0.5));
}

async function load(client: HttpClient, { vectors, texts }: Glosses): Promise<void> {
  await client.call('PUT', `/v1/collections/${COLLECTION}`, { dimension: DIMENSION, metric: 'cosine' });
  await insertAll(client, COLLECTION, RECORDS, 1_000, (row) => ({
    id: `g${row}`,
    vector: toBase64(vectors[row] ?? new Float32Array(DIMENSION)),
    metadata: { row, gloss: texts[row] ?? '' },
  }));
  await untilIndexed(client, COLLECTION, ATTACH_MS);
}

async function startBare(work: BareWork): Promise<{ process: ChildProcess; url: string }> {
  const started = fork(path.join(__dirname, 'support', 'bare-fastify.js'), { serialization: 'advanced' });
  started.send(work);
  const [{ url, error }] = (await once(started, 'message')) as [{ url?: string; error?: string }];
  if (url === undefined) throw new Error(error);
  return { process: started, url };
}

/** The follower must be quiet: what it sends is not the requests' work. */
async function untilSent(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const left = `select count(*)::int as left from zerodb_dirty where sent_at is null`;
  try {
    for (;;) {
      const { rows } = await client.query<{ left: number }>(left);
      if (rows[0]?.left === 0) return;
      await sleep(200);
    }
  } finally {
    await client.end();
  }
}

async function epochOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ epoch: string }>(`select epoch from zerodb_copies where state = 'serving'`);
    return rows[0]?.epoch ?? '';
  } finally {
    await client.end();
  }
}

const measuredOf = (name: 'after' | 'before', { pid, url, key }: BenchServer): Measured => ({
  name,
  pid,
  pool: new Pool(url, { connections: 1 }),
  headers: { authorization: `Bearer ${key}` },
});

async function compare(
  servers: readonly Measured[],
  glosses: Glosses,
  work: BareWork,
  postgresUrl: string,
): Promise<Figure[]> {
  const bare = await startBare(work);
  const all: Measured[] = [
    ...servers,
    { name: 'bare', pid: bare.process.pid ?? 0, pool: new Pool(bare.url, { connections: 1 }), headers: {} },
  ];
  try {
    const idle = await Promise.all(all.map(idleTime));
    const figures = figuresOf('nobody asks, for each second', 'ms', all, idle);
    const kinds = kindsOf(glosses).filter(
      ({ name }) => flags.only === undefined || flags.only.split(',').includes(name),
    );
    for (const kind of kinds) {
      await untilSent(postgresUrl);
      figures.push(...figuresOf(kind.name, 'µs', all, await measureKind(kind, all, idle)));
    }
    return figures;
  } finally {
    for (const { pool } of all) await pool.destroy();
    bare.process.disconnect();
  }
}

function figuresOf(name: string, unit: string, all: readonly Measured[], medians: readonly number[]): Figure[] {
  const [value = NaN, ...others] = medians;
  return others.map((other, at) => ({
    name,
    value,
    unit,
    reference: { name: all[at + 1]?.name ?? '', value: other },
  }));
}

async function run(glosses: Glosses, settings: Record<string, string>, qdrant: DirectQdrant): Promise<void> {
  const { ZERODB_POSTGRES_URL: postgresUrl = '', ZERODB_QDRANT_URL: qdrantUrl = '', ZERODB_QDRANT_PREFIX } = settings;
  const [vector = new Float32Array(DIMENSION)] = glosses.queries;
  const search = { query: { vector: toBase64(vector) }, limit: LIMIT };
  // What has loaded the records has another heap than what only answers.
  const loading = await startServer(settings, flags.main);
  try {
    await load(new HttpClient(loading), glosses);
    await untilServedByQdrant(new HttpClient(loading), COLLECTION, search, ATTACH_MS);
  } finally {
    await loading.stop();
  }
  const server = await startServer(settings, flags.main);
  const client = new HttpClient(server);
  let earlier: BenchServer | undefined;
  try {
    await untilServedByQdrant(client, COLLECTION, search, ATTACH_MS);
    const copy = (await qdrant.collections(`${ZERODB_QDRANT_PREFIX}_`)).find((name) => !name.endsWith('_mark')) ?? '';
    await qdrant.untilIndexed(copy, ATTACH_MS);
    if (flags.before !== undefined) {
      earlier = await startServer(settings, flags.before);
      await untilServedByQdrant(new HttpClient(earlier), COLLECTION, search, ATTACH_MS);
    }
    const epoch = await epochOf(postgresUrl);
    const work = { ...(await bareWork(postgresUrl, { copy, epoch, vector, limit: LIMIT })), qdrantUrl };
    const servers = [measuredOf('after', server), ...(earlier ? [measuredOf('before', earlier)] : [])];
    const title = `Processor time for each request: ${RECORDS} x ${DIMENSION}, one client`;
    await report('cpu', title, await compare(servers, glosses, work, postgresUrl));
  } finally {
    client.close();
    await earlier?.stop();
    await server.stop();
  }
}

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: postgresUrl, ZERODB_TEST_QDRANT_URL: qdrantUrl } = process.env;
  const glosses = postgresUrl && qdrantUrl ? loadGlosses() : undefined;
  if (!postgresUrl || !qdrantUrl || !glosses || process.platform !== 'linux') {
    process.stdout.write('cpu: skipped; it needs Linux, a Postgres server, Qdrant and the data set "glosses".\n');
    return;
  }
  const prefix = `cpu${process.pid}`;
  const database = await createScratchDatabase(postgresUrl);
  const qdrant = new DirectQdrant(qdrantUrl);
  const settings = {
    ZERODB_POSTGRES_URL: database.url,
    ZERODB_QDRANT_URL: qdrantUrl,
    ZERODB_QDRANT_PREFIX: prefix,
    // As it is by default: a line for each request.
    ZERODB_LOG_LEVEL: 'info',
  };
  try {
    await run(glosses, settings, qdrant);
  } finally {
    await database.drop();
    for (const name of await qdrant.collections(`${prefix}_`)) await qdrant.call('DELETE', `/collections/${name}`);
    await qdrant.close();
  }
});
