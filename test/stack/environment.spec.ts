import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { clientOf, type Answer } from '../support/http';
import { emptyBucket, firstS3 } from '../support/s3';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { removeFromQdrant } from '../support/stack';
import { eventually } from '../support/eventually';
import { yamlOf } from '../support/stack-files';

interface Compose {
  readonly services: Record<string, { readonly environment: Record<string, string> }>;
}

const s3 = firstS3;
const isThere = services.postgresUrl && services.qdrantUrl && services.kafkaBrokers && s3;

/**
 * Real: the product with the very variables that docker-compose.yml gives to `api`, as a process, against the services
 * that the environment names. Their addresses, and what keeps this run apart from others, are put in their place.
 */
describeWith(isThere)('the environment of the full stack', () => {
  const id = randomBytes(5).toString('hex');
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-stack-'));
  let database: TestDatabase;
  let server: TestServer;
  let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

  beforeAll(async () => {
    database = await openTestDatabase('server');
    server = await startServer({ ...fromCompose(), ...addresses() });
    const request = clientOf(server.url);
    call = async (method, path, body) =>
      await request(path, { method, key: server.rootKey, ...(body === undefined ? {} : { body }) });
  });

  afterAll(async () => {
    await server.stop();
    if (s3) await emptyBucket(s3, `t-${id}`);
    await removeFromQdrant(services.qdrantUrl ?? '', `t${id}`);
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Names only: each of them has to be replaced here, or be one that needs no address. */
  const fromCompose = (): Record<string, string> => {
    const { environment = {} } = yamlOf<Compose>('docker-compose.yml').services.api ?? {};
    const fixed = Object.entries(environment).filter(([, value]) => !`${value}`.includes('${'));
    const replaced = new Set(Object.keys(addresses()));
    const left = Object.keys(environment).filter(
      (name) => !replaced.has(name) && `${environment[name]}`.includes('${'),
    );
    expect(left.sort()).toEqual(['ZERODB_LOG_LEVEL', 'ZERODB_QDRANT_API_KEY', 'ZERODB_RATE_LIMIT', 'ZERODB_ROOT_KEY']);
    return Object.fromEntries(fixed);
  };

  const addresses = (): Record<string, string> => ({
    ZERODB_ROLE: 'all',
    ZERODB_HOST: '127.0.0.1',
    ZERODB_PORT: '0',
    ZERODB_DATA_DIR: folder,
    ZERODB_DRAIN_DELAY_MS: '0',
    ZERODB_POSTGRES_URL: database.options.engine === 'server' ? database.options.url : '',
    ZERODB_QDRANT_URL: services.qdrantUrl ?? '',
    ZERODB_QDRANT_PREFIX: `t${id}`,
    ZERODB_KAFKA_BROKERS: services.kafkaBrokers ?? '',
    ZERODB_S3_ENDPOINT: s3?.endpoint ?? '',
    ZERODB_S3_ACCESS_KEY: s3?.accessKey ?? '',
    ZERODB_S3_SECRET_KEY: s3?.secretKey ?? '',
    ZERODB_S3_REGION: 'us-east-1',
    ZERODB_S3_BUCKET: `t-${id}`,
  });

  it('brings all five services up', async () => {
    const states = async (): Promise<string[]> =>
      ((await call('GET', '/v1/services')).json.data as { name: string; state: string }[]).map(
        ({ name, state }) => `${name} ${state}`,
      );
    const well = ['postgres', 'qdrant', 'object_store', 'broker', 'embeddings'].map((name) => `${name} up`);
    expect(await eventually(states, (now) => well.every((each) => now.includes(each)), 90_000)).toEqual(well);
  });

  it('keeps a file in the object store', async () => {
    await call('PUT', '/v1/buckets/stack', {});
    const request = clientOf(server.url);
    const put = await request('/v1/files/stack/a.txt', {
      method: 'PUT',
      key: server.rootKey,
      headers: { 'content-type': 'text/plain' },
      raw: 'by way of the stack',
    });
    expect(put.status).toBeLessThan(300);
    expect((await call('GET', '/v1/files/stack/a.txt')).text).toBe('by way of the stack');
  });
});
