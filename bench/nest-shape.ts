/**
 * The same handlers served twice in one process: by `@Endpoint` and its runner, and by Nest's guard, interceptor, pipe and
 * filter over the same machinery. Batches of requests alternate; each round compares the two.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Admission } from '../src/admission/admission';
import { createApp, type RunningApp } from '../src/app.factory';
import { Authenticator } from '../src/auth/authenticator';
import { addressReader } from '../src/common/client-address';
import { Metrics } from '../src/telemetry/metrics';
import { EndpointRunner } from '../src/transports/rest/endpoint-runner';
import { createHttpAdapter, type RestAdapter } from '../src/transports/rest/http-adapter';
import { Idempotency } from '../src/transports/rest/idempotency';
import { observeAnswers } from '../src/transports/rest/observe-answers';
import { EndpointShape } from './support/endpoint-shape';
import { NestShape } from './support/nest-shape';
import { type Figure, report, runBench } from './support/report';
import type { Batch } from './support/shape-client';
import { percentile } from './support/statistics';

const ROUNDS = 40;
const REQUESTS = 150;
const WARM_UP = 1_500;

const ITEMS = Array.from({ length: 16 }, (_, row) => ({
  id: `item-${row}`,
  amount: row * 1.5,
  tags: ['red', 'large'],
}));
const JSON_TYPE = { 'content-type': 'application/json' };
const CASES: Readonly<Record<string, Omit<Batch, 'url' | 'count' | 'headers'> & { headers?: Record<string, string> }>> =
  {
    'a write with a body of 1 kB': {
      method: 'POST',
      path: '/v1/shape/a/sum',
      body: JSON.stringify({ items: ITEMS }),
      headers: JSON_TYPE,
      status: 200,
    },
    'a read': { method: 'GET', path: '/v1/shape/a?limit=7', status: 200 },
    'a body that is refused': {
      method: 'POST',
      path: '/v1/shape/a/sum',
      body: JSON.stringify({ items: [{ ...ITEMS[0], amount: 'x' }] }),
      headers: JSON_TYPE,
      status: 422,
    },
  };

interface Shape {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Milliseconds for each request: of the process's time, and until the answer at the median. */
interface Cost {
  readonly cpuMs: number;
  readonly p50Ms: number;
}

const startProduct = async (dataDir: string): Promise<RunningApp> => {
  Object.assign(process.env, { ZERODB_DATA_DIR: dataDir, ZERODB_PORT: '0', ZERODB_LOG_LEVEL: 'error' });
  Object.assign(process.env, { ZERODB_ROOT_KEY: 'zdb_root_key_of_a_benchmark', NODE_ENV: 'production' });
  // Counted, and never reached.
  process.env['ZERODB_RATE_LIMIT'] = '1000000';
  return await createApp();
};

const createKey = async ({ url }: RunningApp): Promise<string> => {
  const headers = { authorization: `Bearer ${process.env['ZERODB_ROOT_KEY']}`, ...JSON_TYPE };
  const body = JSON.stringify({ name: 'bench', role: 'write' });
  const answer = await fetch(`${url}/v1/keys`, { method: 'POST', headers, body });
  return ((await answer.json()) as { key: string }).key;
};

const serve = async (
  product: RunningApp,
  module: DynamicModule,
  prepare: (adapter: RestAdapter) => void,
): Promise<Shape> => {
  const adapter = createHttpAdapter(product.logger);
  prepare(adapter);
  observeAnswers(adapter, product.logger, product.nest.get(Metrics), addressReader([]));
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false, bodyParser: false });
  await app.listen(0, '127.0.0.1');
  return { url: (await app.getUrl()).replace('[::1]', '127.0.0.1'), close: () => app.close() };
};

/** Ours, Nest's, and ours once more: what the measurement itself calls a difference. */
const serveAll = async (product: RunningApp): Promise<readonly [Shape, Shape, Shape]> => {
  const { logger, nest } = product;
  const [authenticator, admission] = [nest.get(Authenticator), nest.get(Admission)];
  const runner = nest.get(EndpointRunner, { strict: false });
  const machinery = { authenticator, admission, idempotency: nest.get(Idempotency, { strict: false }), logger };
  return [
    await serve(product, EndpointShape.of(runner), () => undefined),
    await serve(product, NestShape.of(machinery), (adapter) => NestShape.prepare(adapter)),
    await serve(product, EndpointShape.of(runner), () => undefined),
  ];
};

const ask = async (client: ChildProcess, batch: Batch): Promise<Cost> => {
  const before = process.cpuUsage();
  client.send(batch);
  const [times] = (await once(client, 'message')) as [number[] | string];
  if (typeof times === 'string') throw new Error(times);
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000 / batch.count, p50Ms: percentile(times, 0.5) };
};

/** Both answer the same, but for ids and times. */
const mustAgree = async ([ours, nests]: readonly [Shape, Shape], batch: Omit<Batch, 'url'>): Promise<void> => {
  const answerOf = async ({ url }: Shape) => {
    const { method, headers, body = null } = batch;
    const answer = await fetch(url + batch.path, { method, headers: { ...headers, 'x-request-id': 'same' }, body });
    return JSON.stringify([answer.status, answer.headers.get('content-type'), await answer.json()]);
  };
  const [one, other] = [await answerOf(ours), await answerOf(nests)];
  if (one !== other) throw new Error(`the shapes answer differently:\n${one}\n${other}`);
};

/** Rounds of one case: what the one costs, and how much more the other. */
const measure = async (client: ChildProcess, shapes: readonly [Shape, Shape], batch: Omit<Batch, 'url' | 'count'>) => {
  const [ours, nests] = shapes.map(({ url }) => ({ ...batch, url, count: REQUESTS })) as [Batch, Batch];
  for (const one of [ours, nests]) await ask(client, { ...one, count: WARM_UP });
  const rounds: { ours: Cost; nests: Cost }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const isFirst = round % 2 === 0;
    const first = await ask(client, isFirst ? ours : nests);
    const second = await ask(client, isFirst ? nests : ours);
    rounds.push(isFirst ? { ours: first, nests: second } : { ours: second, nests: first });
  }
  return rounds;
};

const figuresOf = (name: string, other: string, rounds: readonly { ours: Cost; nests: Cost }[]): Figure[] =>
  (['cpuMs', 'p50Ms'] as const).flatMap((what) => {
    const added = rounds.map(({ ours, nests }) => nests[what] - ours[what]);
    const label = `${name}: ${what === 'cpuMs' ? 'CPU a request' : 'p50'}`;
    return [
      {
        name: `${label}, @Endpoint`,
        value: percentile(
          rounds.map(({ ours }) => ours[what]),
          0.5,
        ),
        unit: 'ms',
      },
      { name: `${label}, added by ${other}`, value: percentile(added, 0.5), unit: 'ms' },
      {
        name: `${label}, added by ${other}: a quarter of the rounds below`,
        value: percentile(added, 0.25),
        unit: 'ms',
      },
      {
        name: `${label}, added by ${other}: a quarter of the rounds above`,
        value: percentile(added, 0.75),
        unit: 'ms',
      },
    ];
  });

const main = async (): Promise<void> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'zerodb-bench-'));
  const product = await startProduct(dataDir);
  const client = fork(path.join(__dirname, 'support', 'shape-client.js'));
  try {
    const [ours, nests, again] = await serveAll(product);
    const shapes = [ours, nests] as const;
    const authorization = `Bearer ${await createKey(product)}`;
    const figures: Figure[] = [];
    for (const [name, one] of Object.entries(CASES)) {
      const batch = { ...one, headers: { ...one.headers, authorization } };
      await mustAgree(shapes, { ...batch, count: 1 });
      await mustAgree(shapes, { ...batch, count: 1, headers: { ...one.headers, authorization: 'Bearer wrong' } });
      figures.push(...figuresOf(name, "Nest's shape", await measure(client, shapes, batch)));
      figures.push(...figuresOf(name, '@Endpoint itself', await measure(client, [ours, again], batch)));
    }
    await report('nest-shape', 'Endpoints in two shapes', figures);
    await Promise.all([ours, nests, again].map(({ close }) => close()));
  } finally {
    client.disconnect();
    await product.close();
    await rm(dataDir, { recursive: true, force: true });
  }
  process.exit();
};

runBench(main);
