/** Files through ZeroDB beside the S3 client going direct, in one run; and memory while gigabytes flow through. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Client, type ClientOptions } from 'minio';
import { type Figure, report, runBench } from './support/report';
import { type BenchServer, startServer } from './support/server';

const MIB = 1024 * 1024;
const flag = (name: string, otherwise: number): number =>
  Number(process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const STREAMED_MIB = flag('stream-mib', 2048);
/** So much flows through before memory is looked at: engines take what they need at first use, whatever comes after. */
const WARM_MIB = Math.min(256, STREAMED_MIB);
/** A share of the usual rounds, for a look in passing. */
const SHARE = flag('share', 1);
const BUCKET = 'zerodb-bench-files';
const SIZES = [
  { mib: 1, rounds: 100 },
  { mib: 64, rounds: 8 },
] as const;

interface Store {
  put(key: string, bytes: Buffer): Promise<void>;
  get(key: string): Promise<number>;
}

const { ZERODB_TEST_S3_ENDPOINT: endpoint, ZERODB_TEST_S3_ACCESS_KEY: accessKey = '' } = process.env;
const secretKey = process.env.ZERODB_TEST_S3_SECRET_KEY ?? '';

function storeOptions(): ClientOptions {
  const { hostname, port } = new URL(endpoint ?? '');
  return { endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey, region: 'us-east-1' };
}

function direct(): Store & { prepare(): Promise<void> } {
  const client = new Client(storeOptions());
  return {
    prepare: async () => {
      if (!(await client.bucketExists(BUCKET))) await client.makeBucket(BUCKET);
    },
    put: async (key, bytes) => void (await client.putObject(BUCKET, key, bytes, bytes.length)),
    get: async (key) => drain(await client.getObject(BUCKET, key)),
  };
}

const through = (server: BenchServer): Store => ({
  put: (key, bytes) => send(server, 'PUT', key, Readable.from([bytes], { objectMode: false }), bytes.length),
  get: (key) => receive(server, key),
});

/** What a process in between costs by being there: to be seen beside what ours costs. */
async function bareProxy(): Promise<{ readonly process: ChildProcess; get(key: string): Promise<number> }> {
  const environment = { BARE_PROXY_STORE: JSON.stringify(storeOptions()), BARE_PROXY_BUCKET: BUCKET };
  const child = fork(path.join(__dirname, 'support', 'bare-proxy.js'), { env: { ...process.env, ...environment } });
  const [port] = (await once(child, 'message')) as [number];
  return { process: child, get: (key) => download(new URL(`http://127.0.0.1:${port}/${key}`)) };
}

async function send(server: BenchServer, method: string, key: string, body: Readable, length: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${server.key}`, 'content-length': length };
    const outgoing = request(new URL(`/v1/files/bench/${key}`, server.url), { method, headers }, (answer) => {
      answer.resume();
      if ((answer.statusCode ?? 500) >= 300) reject(new Error(`${method} ${key} answered ${answer.statusCode}`));
      answer.once('end', () => resolve());
    });
    outgoing.once('error', reject);
    body.pipe(outgoing);
  });
}

const receive = (server: BenchServer, key: string): Promise<number> =>
  download(new URL(`/v1/files/bench/${key}`, server.url), { authorization: `Bearer ${server.key}` });

const download = (url: URL, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { headers }, (answer) => {
      drain(answer).then(resolve, reject);
    })
      .once('error', reject)
      .end();
  });

async function drain(stream: AsyncIterable<Buffer>): Promise<number> {
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  return size;
}

/** MiB a second, one after another. */
async function rate(mib: number, rounds: number, work: (round: number) => Promise<unknown>): Promise<number> {
  await work(rounds);
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) await work(round);
  return (mib * rounds * 1000) / (performance.now() - startedAt);
}

async function sideBySide(ours: Store, theirs: Store, bare: Pick<Store, 'get'>): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { mib, rounds: usual } of SIZES) {
    const rounds = Math.max(2, Math.round(usual * SHARE));
    // Each round has other bytes: equal ones would be stored once.
    const contents = Array.from({ length: 2 * rounds + 2 }, () => randomBytes(mib * MIB));
    const bytes = (index: number): Buffer => contents[index] ?? Buffer.alloc(0);
    const key = (round: number): string => `${mib}-${round}`;
    const reference = {
      put: await rate(mib, rounds, (round) => theirs.put(key(round), bytes(round))),
      get: await rate(mib, rounds, (round) => theirs.get(key(round))),
    };
    const own = {
      put: await rate(mib, rounds, (round) => ours.put(key(round), bytes(rounds + 1 + round))),
      get: await rate(mib, rounds, (round) => ours.get(key(round))),
    };
    const piped = await rate(mib, rounds, (round) => bare.get(key(round)));
    for (const what of ['put', 'get'] as const) {
      figures.push({
        name: `${what === 'put' ? 'upload' : 'download'} of ${mib} MiB`,
        value: own[what],
        unit: 'MiB/s',
        target: { compare: '>=', value: 0.8 * reference[what] },
        reference: { name: 'the client going direct', value: reference[what] },
      });
    }
    figures.push({
      name: `download of ${mib} MiB through a process that only pipes it`,
      value: piped,
      unit: 'MiB/s',
      reference: { name: 'the client going direct', value: reference.get },
    });
  }
  return figures;
}

async function flow(server: BenchServer, mib: number): Promise<void> {
  const block = randomBytes(MIB);
  const noise = async function* (): AsyncGenerator<Buffer> {
    for (let index = 0; index < mib; index += 1) {
      block.writeUInt32LE(index, 0);
      yield await Promise.resolve(Buffer.from(block));
    }
  };
  await send(server, 'PUT', 'stream', Readable.from(noise(), { objectMode: false }), mib * MIB);
  await receive(server, 'stream');
}

/**
 * Peaks of resident memory, by the kernel's own mark: what the first bytes cost, which no later ones may add to, and
 * whether the rest adds anything.
 */
async function memory(server: BenchServer): Promise<Figure[]> {
  const idle = await server.residentMib();
  await server.forgetPeak();
  await flow(server, WARM_MIB);
  const warm = await server.peakMib();
  await server.forgetPeak();
  await flow(server, STREAMED_MIB);
  const peak = await server.peakMib();
  return [
    { name: `memory over idle while the first ${WARM_MIB} MiB flow`, value: warm - idle, unit: 'MiB' },
    {
      name: `what ${STREAMED_MIB} MiB more in and out add to that`,
      value: peak - warm,
      unit: 'MiB',
      target: { compare: '<=', value: 30 },
    },
  ];
}

runBench(async () => {
  if (!endpoint) throw new Error('ZERODB_TEST_S3_ENDPOINT names no object store to compare with.');
  const server = await startServer({
    ZERODB_S3_ENDPOINT: endpoint,
    ZERODB_S3_ACCESS_KEY: accessKey,
    ZERODB_S3_SECRET_KEY: secretKey,
    ZERODB_S3_BUCKET: BUCKET,
  });
  try {
    const reference = direct();
    await reference.prepare();
    const made = await fetch(`${server.url}/v1/buckets/bench`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: '{}',
    });
    if (!made.ok) throw new Error(`The bucket was not made: ${made.status}`);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const bare = await bareProxy();
    const figures = await sideBySide(through(server), reference, bare).finally(() => bare.process.disconnect());
    await report('files', 'Files beside the S3 client', [...figures, ...(await memory(server))]);
  } finally {
    await server.stop();
  }
});
