import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from './cell';
import { ReplicaClock } from './clock';
import { Controls } from './controls';
import type { FaultProxy } from './fault';
import { HttpFaultProxy, isQdrantWrite, isStoreWrite } from './http-fault-proxy';
import { ModelsStandIn } from './models-stand-in';
import { PostgresAdmin } from './postgres-admin';
import { Random } from './random';
import { RecordModel } from './record-model';
import { Recorder } from './recorder';
import { Replica } from './replica';
import type { ChaosService, ServicesFile } from './services-file';
import type { Proxied, Rates, Stage } from './stage';
import { TcpFaultProxy } from './tcp-fault-proxy';

export interface RunOptions {
  readonly services: ServicesFile;
  readonly seed: number;
  readonly rates: Rates;
  readonly dimension: number;
  readonly deadlineMs: number;
  /** The environment of the commands; the replicas get it without its settings of ZeroDB. */
  readonly environment: NodeJS.ProcessEnv;
  readonly note: (cell: Cell, what: string) => void;
}

/** A service that cannot be repaired must not keep the others from being cleaned up. */
const LONGEST_STEP_MS = 70_000;
const MODEL = 'chaos-words';
const WITHOUT_POSTGRES = 'data';
/** With this workload an LLM reads what is said. */
const CONVERSATIONS = 'conversations';
const LLM_MS = 3_000;

/** Ends everything that was begun, in reverse order, whatever became of it. */
export class CleanUp {
  private readonly steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.steps.unshift(step);
  }

  async run(): Promise<void> {
    for (const step of this.steps)
      await Promise.race([step().catch(() => undefined), sleep(LONGEST_STEP_MS, undefined, { ref: false })]);
  }
}

/** Everything that a cell needs, made for it alone: proxies, a database, replicas that have not been started. */
export const setUp = async (cell: Cell, options: RunOptions, cleanUp: CleanUp): Promise<Stage> => {
  const { services, seed, dimension } = options;
  const random = new Random(seed).fork(cell.id);
  const recorder = new Recorder();
  const folder = await mkdtemp(path.join(tmpdir(), 'zerodb-chaos-'));
  cleanUp.add(() => rm(folder, { recursive: true, force: true }));
  const controls = new Controls(services, options.environment);
  await mend(services, controls);
  cleanUp.add(() => mend(services, controls));
  const postgres = await createDatabase(cell, services, cleanUp);
  if (postgres && cell.needs.includes('postgres.standby')) cleanUp.add(() => failBack(controls, postgres));
  const models = await ModelsStandIn.open(dimension);
  cleanUp.add(() => models.close());
  const proxies = await openProxies(cell, services, models, random, cleanUp);
  const clock = await ReplicaClock.create(folder);
  const prefix = `chaos-${randomBytes(4).toString('hex')}`;
  const env = {
    ...withoutSettings(options.environment),
    NODE_OPTIONS: clock.nodeOptions,
    ZERODB_HOST: '127.0.0.1',
    ZERODB_LOG_FORMAT: 'json',
    ZERODB_DATA_DIR: path.join(folder, WITHOUT_POSTGRES),
    ZERODB_EMBEDDINGS_PROVIDER: 'openai',
    ZERODB_EMBEDDINGS_URL: modelUrl(proxies, 'embeddings'),
    ZERODB_EMBEDDINGS_MODEL: MODEL,
    ZERODB_EMBEDDINGS_DIMENSION: String(dimension),
    ...(cell.workloads.includes(CONVERSATIONS)
      ? { ZERODB_LLM_URL: modelUrl(proxies, 'llm'), ZERODB_LLM_TIMEOUT_MS: String(LLM_MS) }
      : {}),
    ...settingsOf(services, proxies, postgres, prefix),
  };
  const replicas = await makeReplicas(cell, services, env, cleanUp);
  return {
    random,
    services,
    controls,
    proxies,
    replicas,
    clock,
    recorder,
    postgres,
    model: new RecordModel(),
    rates: options.rates,
    collection: 'chaos',
    copyPrefix: prefix,
    dimension,
    folder,
    deadlineMs: options.deadlineMs,
    overload: { course: undefined },
    note: (what) => options.note(cell, what),
  };
};

const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ZERODB_')));

/** Whatever an earlier cell, or an interrupted run, left frozen or dead. */
const mend = async (services: ServicesFile, controls: Controls): Promise<void> => {
  for (const [name, { resume, up }] of Object.entries(services)) {
    if (resume) await controls.run(name as ChaosService, 'resume').catch(() => undefined);
    if (up) await controls.run(name as ChaosService, 'up');
  }
};

/** The first server is the one again, whatever became of it. */
const failBack = async (controls: Controls, postgres: PostgresAdmin): Promise<void> => {
  await controls.runStandby('kill');
  await controls.run('postgres', 'up');
  await postgres.forgetStandby();
};

const createDatabase = async (
  { needs }: Cell,
  services: ServicesFile,
  cleanUp: CleanUp,
): Promise<PostgresAdmin | undefined> => {
  if (!services.postgres) return undefined;
  const name = `zerodb_chaos_${randomBytes(6).toString('hex')}`;
  const { url, small_tablespace: small } = services.postgres;
  const tablespace = needs.includes('postgres.small_tablespace') ? small : undefined;
  const admin = await PostgresAdmin.create(url, name, tablespace);
  cleanUp.add(() => admin.drop());
  return admin;
};

const openProxies = async (
  cell: Cell,
  services: ServicesFile,
  models: ModelsStandIn,
  random: Random,
  cleanUp: CleanUp,
): Promise<Map<Proxied, FaultProxy>> => {
  const proxies = new Map<Proxied, FaultProxy>();
  for (const model of ['embeddings', 'llm'] as const)
    proxies.set(model, await HttpFaultProxy.open(models.address, random.fork(model), () => false));
  const { postgres, qdrant, object_store: store, broker } = services;
  if (postgres)
    proxies.set('postgres', await TcpFaultProxy.open(targetOf(postgres.url, 5432), random.fork('postgres')));
  if (qdrant)
    proxies.set('qdrant', await HttpFaultProxy.open(targetOf(qdrant.url, 6333), random.fork('qdrant'), isQdrantWrite));
  if (store) {
    // Two in a row: one that knows bytes and connections, and one that knows requests and answers.
    const answers = await HttpFaultProxy.open(targetOf(store.url, 80), random.fork('store answers'), isStoreWrite);
    proxies.set('object_store_http', answers);
    const target = targetOf(`http://${answers.address}`, 80);
    proxies.set('object_store', await TcpFaultProxy.open(target, random.fork('store')));
  }
  // It has to listen where the broker sends its clients, so only one can be there at a time: who needs it has it.
  if (broker?.proxied && cell.needs.includes('broker.proxied')) {
    const { listen, upstream } = broker.proxied;
    const target = targetOf(`http://${upstream}`, 9092);
    proxies.set('broker', await TcpFaultProxy.open(target, random.fork('broker'), portOf(listen)));
  }
  for (const proxy of proxies.values()) cleanUp.add(() => proxy.close());
  return proxies;
};

const targetOf = (url: string, defaultPort: number): { host: string; port: number } => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: port === '' ? defaultPort : Number(port) };
};

const portOf = (address: string): number => Number(address.split(':').at(-1));

const modelUrl = (proxies: ReadonlyMap<Proxied, FaultProxy>, model: Proxied): string =>
  `http://${proxies.get(model)?.address}/v1`;

const settingsOf = (
  services: ServicesFile,
  proxies: ReadonlyMap<Proxied, FaultProxy>,
  postgres: PostgresAdmin | undefined,
  prefix: string,
): NodeJS.ProcessEnv => {
  const postgresProxy = proxies.get('postgres');
  const qdrantProxy = proxies.get('qdrant');
  const storeProxy = proxies.get('object_store');
  const { object_store: store, broker, qdrant } = services;
  const key = qdrant?.api_key;
  return {
    ...(postgres && postgresProxy ? { ZERODB_POSTGRES_URL: postgres.urlBehind(postgresProxy.address) } : {}),
    ...(qdrantProxy ? { ZERODB_QDRANT_URL: `http://${qdrantProxy.address}`, ZERODB_QDRANT_PREFIX: prefix } : {}),
    ...(broker ? { ZERODB_KAFKA_BROKERS: proxies.get('broker')?.address ?? broker.brokers } : {}),
    ...(store && storeProxy
      ? {
          ZERODB_S3_ENDPOINT: `http://${storeProxy.address}`,
          ZERODB_S3_BUCKET: store.bucket,
          ZERODB_S3_ACCESS_KEY: store.access_key,
          ZERODB_S3_SECRET_KEY: store.secret_key,
        }
      : {}),
    ...(key === undefined ? {} : { ZERODB_QDRANT_API_KEY: key }),
  };
};

/** Two replicas share a server's Postgres; the embedded one belongs to one process. */
const makeReplicas = async (
  cell: Cell,
  services: ServicesFile,
  env: NodeJS.ProcessEnv,
  cleanUp: CleanUp,
): Promise<Replica[]> => {
  const rootKey = `zdb_chaos_${randomBytes(16).toString('hex')}`;
  const replicas: Replica[] = [];
  for (let index = 0; index < (services.postgres ? cell.replicas : 1); index += 1) {
    const replica = new Replica({ name: `replica ${index + 1}`, port: await freePort(), rootKey, env });
    cleanUp.add(async () => {
      replica.resume();
      await replica.kill();
      replica.client.close();
    });
    replicas.push(replica);
  }
  return replicas;
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};
