import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { clientOf, type Answer } from '../support/http';
import { seededRandom } from '../../src/common/seeded-random';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const ROUNDS = 12;
const GRACE_MS = 3_000;
const TABLES = [
  'zerodb_vectors',
  'zerodb_memory_records',
  'zerodb_events',
  'zerodb_files',
  'zerodb_keys',
  'zerodb_topics',
  'zerodb_collections',
  'zerodb_buckets',
];

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

interface Door {
  /** What has to be there before it is written. */
  readonly prepare?: (call: Call, id: string) => Promise<Answer>;
  readonly write: (call: Call, id: string, headers: Record<string, string>) => Promise<Answer>;
  readonly isThere: (call: Call, id: string) => Promise<boolean>;
}

const found = async (answer: Promise<Answer>): Promise<boolean> => (await answer).status === 200;
const listed = async (answer: Promise<Answer>, id: string): Promise<boolean> =>
  JSON.stringify((await answer).json).includes(`"${id}"`);

const missing = async (answer: Promise<Answer>): Promise<boolean> => (await answer).status === 404;
const UPSERT = `mutation ($id: String!) {
  upsertRecords(collection: "c", records: [{ id: $id, vector: [1, 0, 0] }]) { upserted }
}`;

/** GraphQL says in its body what the others say by their status. */
const told = ({ status, json }: Answer): { wasDone: boolean; isFault: boolean; outcome: unknown } => {
  const [error] = (json['errors'] ?? []) as { extensions?: Record<string, unknown> }[];
  if (error) return { wasDone: false, isFault: true, outcome: error.extensions?.['outcome'] };
  return { wasDone: status < 300, isFault: status >= 500, outcome: json['outcome'] };
};

/** The doors by which a client changes something, and how to see whether it did. */
const DOORS: Readonly<Record<string, Door>> = {
  'records, upserted': {
    write: (call, id, headers) =>
      call('PUT', '/v1/collections/c/records', { records: [{ id, vector: [1, 0, 0] }] }, headers),
    isThere: (call, id) => found(call('GET', `/v1/collections/c/records/${id}`)),
  },
  memories: {
    write: (call, id, headers) => call('POST', '/v1/memories', { content: `fact ${id}`, user_id: id }, headers),
    isThere: (call, id) => listed(call('GET', `/v1/memories?user_id=${id}`), id),
  },
  events: {
    write: (call, id, headers) =>
      call('POST', '/v1/topics/t/events', { events: [{ type: 'x', subject: id, data: {} }] }, headers),
    isThere: (call, id) => listed(call('GET', '/v1/topics/t/events?after=0&limit=1000'), id),
  },
  files: {
    write: (call, id, headers) => call('PUT', `/v1/files/b/${id}`, { content: id }, headers),
    isThere: (call, id) => found(call('GET', `/v1/files/b/${id}`)),
  },
  topics: {
    write: (call, id, headers) => call('PUT', `/v1/topics/${id}`, {}, headers),
    isThere: (call, id) => found(call('GET', `/v1/topics/${id}`)),
  },
  keys: {
    write: (call, id, headers) => call('POST', '/v1/keys', { name: id, role: 'read' }, headers),
    isThere: (call, id) => listed(call('GET', '/v1/keys?limit=1000'), id),
  },
  'records, patched': {
    prepare: (call, id) => call('PUT', '/v1/collections/c/records', { records: [{ id, vector: [1, 0, 0] }] }),
    write: (call, id, headers) =>
      call('PATCH', `/v1/collections/c/records/${id}`, { metadata: { note: `${id}-patched` } }, headers),
    isThere: (call, id) => listed(call('GET', `/v1/collections/c/records/${id}?include=metadata`), `${id}-patched`),
  },
  'records, deleted': {
    prepare: (call, id) => call('PUT', '/v1/collections/c/records', { records: [{ id, vector: [1, 0, 0] }] }),
    write: (call, id, headers) => call('DELETE', `/v1/collections/c/records/${id}`, undefined, headers),
    isThere: (call, id) => missing(call('GET', `/v1/collections/c/records/${id}`)),
  },
  'records, deleted by a filter': {
    prepare: (call, id) =>
      call('PUT', '/v1/collections/c/records', { records: [{ id, vector: [1, 0, 0], metadata: { name: id } }] }),
    write: (call, id, headers) =>
      call('POST', '/v1/collections/c/records/delete', { filter: { name: { $eq: id } } }, headers),
    isThere: (call, id) => missing(call('GET', `/v1/collections/c/records/${id}`)),
  },
  collections: {
    write: (call, id, headers) => call('PUT', `/v1/collections/${id}`, { dimension: 2 }, headers),
    isThere: (call, id) => found(call('GET', `/v1/collections/${id}`)),
  },
  'collections, dropped': {
    prepare: (call, id) => call('PUT', `/v1/collections/${id}`, { dimension: 2 }),
    write: (call, id, headers) => call('DELETE', `/v1/collections/${id}`, undefined, headers),
    isThere: (call, id) => missing(call('GET', `/v1/collections/${id}`)),
  },
  buckets: {
    write: (call, id, headers) => call('PUT', `/v1/buckets/${id}`, {}, headers),
    isThere: (call, id) => found(call('GET', `/v1/buckets/${id}`)),
  },
  'records, by GraphQL': {
    write: (call, id, headers) => call('POST', '/graphql', { query: UPSERT, variables: { id } }, headers),
    isThere: (call, id) => found(call('GET', `/v1/collections/c/records/${id}`)),
  },
  'records, by an idempotency key': {
    write: (call, id, headers) =>
      call(
        'PUT',
        '/v1/collections/c/records',
        { records: [{ id, vector: [1, 0, 0] }] },
        {
          ...headers,
          'idempotency-key': id,
        },
      ),
    isThere: (call, id) => found(call('GET', `/v1/collections/c/records/${id}`)),
  },
};

/** Real: the product's process and Postgres, whose inserts take up to 0.4 s. Fake: nothing. */
describeWith(services.postgresUrl)('what the doors say of writes that were too late', () => {
  let opened: TestDatabase;
  let server: TestServer;
  let call: Call;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    if (opened.options.engine !== 'server') return;
    server = await startServer({ ZERODB_POSTGRES_URL: opened.options.url });
    const request = clientOf(server.url);
    call = (method, path, body, headers = {}) =>
      request(path, { method, key: server.rootKey, headers, ...(body === undefined ? {} : { body }) });
    await call('PUT', '/v1/collections/c', { dimension: 3, metric: 'cosine' });
    await call('PUT', '/v1/topics/t', {});
    await call('PUT', '/v1/buckets/b', {});
    await slowDown(opened.options.url);
  });
  afterAll(async () => {
    await server.stop();
    await opened.drop();
  });

  it.each(Object.entries(DOORS))(
    'is true: %s',
    async (name, { prepare, write, isThere }) => {
      const random = seededRandom(name.length);
      const answers = new Map<string, Answer>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = Array.from({ length: 4 }, (_, at) => `w${name.length}-${round}-${at}`);
        await Promise.all(
          ids.map(async (id) => {
            expect((await prepare?.(call, id))?.status ?? 200).toBeLessThan(300);
            const timeout = String(Math.round(50 + random() * 600));
            answers.set(id, await write(call, id, { 'request-timeout': timeout }));
          }),
        );
      }
      await sleep(GRACE_MS);
      const lies: unknown[] = [];
      let unknown = 0;
      for (const [id, answer] of answers) {
        const { wasDone, isFault, outcome } = told(answer);
        const there = await isThere(call, id);
        if (outcome === 'unknown') unknown += 1;
        else if (wasDone !== there) lies.push({ id, there, status: answer.status, json: answer.json });
        if (isFault && outcome === undefined) lies.push({ id, status: answer.status, json: answer.json });
      }
      expect(lies).toEqual([]);
      expect(unknown).toBeLessThan(answers.size / 10);
      expect([...answers.values()].filter((answer) => told(answer).wasDone).length).toBeGreaterThan(0);
    },
    180_000,
  );

  it('gives back the idempotency key of a write that was not applied', async () => {
    const headers = { 'idempotency-key': 'again' };
    const body = { records: [{ id: 'again', vector: [1, 0, 0] }] };
    const send = (more: Record<string, string>) =>
      call('PUT', '/v1/collections/c/records', body, { ...headers, ...more });
    const first = await send({ 'request-timeout': '50' });
    await sleep(1_500);
    const second = await send({ 'request-timeout': '20000' });
    expect([200, 503]).toContain(first.status);
    expect(second.status).toBe(200);
  });

  it('says nothing of the outcome of a read', async () => {
    const holder = new Client({ connectionString: opened.options.engine === 'server' ? opened.options.url : '' });
    await holder.connect();
    try {
      await holder.query('begin; lock table zerodb_keys in access exclusive mode');
      const { status, json } = await call('GET', '/v1/keys', undefined, { 'request-timeout': '100' });
      expect({ status, outcome: json['outcome'] }).toEqual({ status: 503, outcome: undefined });
    } finally {
      await holder.end();
    }
  });
});

async function slowDown(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `create function dawdle() returns trigger language plpgsql as $$
     begin perform pg_sleep(random() * 0.4); return coalesce(new, old); end $$`,
  );
  for (const table of TABLES) {
    const { rows } = await client.query<{ name: string | null }>('select to_regclass($1)::text as name', [table]);
    if (rows[0]?.name) {
      await client.query(
        `create trigger dawdle before insert or update or delete on ${table} for each row execute function dawdle()`,
      );
    }
  }
  await client.end();
}
