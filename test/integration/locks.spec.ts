import { Client } from 'pg';
import { clientOf, type Answer } from '../support/http';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const ROUNDS = 8;
const VECTOR = [1, 0, 0];
/** Real: one process of the product on a Postgres server. */
describeWith(services.postgresUrl)('locks', () => {
  let database: TestDatabase;
  let server: TestServer;
  let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

  beforeAll(async () => {
    database = await openTestDatabase('server');
    // A busy machine is no lock: nothing is refused for load.
    server = await startServer({ ZERODB_POSTGRES_URL: urlOf(database), ZERODB_ADMISSION: 'off' });
    const request = clientOf(server.url);
    call = (method, path, body) =>
      request(path, { method, key: server.rootKey, ...(body === undefined ? {} : { body }) });
  });
  afterAll(async () => {
    await server.stop();
    await database.drop();
  });

  const makeCollection = async (name: string): Promise<void> => {
    const made = await call('PUT', `/v1/collections/${name}`, { dimension: 3 });
    expect([200, 201]).toContain(made.status);
    await call('PUT', `/v1/collections/${name}/records`, { records: [record('a1'), record('a2')] });
  };

  /** Repeats `step` until told to stop; the statuses it saw, and the server's own faults in words. */
  const loop = (step: () => Promise<Answer>): (() => Promise<{ statuses: Set<number>; faults: string[] }>) => {
    const statuses = new Set<number>();
    const faults: string[] = [];
    let isOver = false;
    const running = (async () => {
      while (!isOver) {
        const { status, text } = await step();
        statuses.add(status);
        if (status >= 500) faults.push(text);
      }
    })();
    return async () => ((isOver = true), await running, { statuses, faults });
  };

  /** Whoever asks for an exclusive lock on a parent, or waits for one, however shortly: seen by looking again and again. */
  const watchParents = (): (() => Promise<unknown[]>) => {
    const seen: unknown[] = [];
    let isOver = false;
    const running = (async () => {
      while (!isOver) {
        const { rows } = await database.database.system.query(
          `select mode, granted from pg_locks where relation in ('zerodb_vectors'::regclass, 'zerodb_postings'::regclass)
             and (mode = 'AccessExclusiveLock' or (not granted and mode in ('AccessShareLock', 'RowExclusiveLock')))`,
        );
        seen.push(...rows);
      }
    })();
    return async () => ((isOver = true), await running, seen);
  };

  it('let a collection go while its records are written, and no other one waits', async () => {
    await makeCollection('other');
    const other = loop(() => call('PATCH', '/v1/collections/other/records/a1', { metadata: { n: Math.random() } }));
    const parents = watchParents();
    const deleted: number[] = [];
    const written = new Set<number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await makeCollection('c');
      const writers = [1, 2, 3, 4].map((n) =>
        loop(() => call('PATCH', '/v1/collections/c/records/a1', { metadata: { n }, text: `words ${n}` })),
      );
      await pause(100);
      deleted.push((await call('DELETE', '/v1/collections/c')).status);
      for (const stop of writers) for (const status of (await stop()).statuses) written.add(status);
      expect((await call('GET', '/v1/collections/c')).status).toBe(404);
    }
    const { statuses } = await other();
    expect(new Set(deleted)).toEqual(new Set([204]));
    expect([...written].sort()).toEqual([200, 404]);
    expect([...statuses]).toEqual([200]);
    expect(await parents()).toEqual([]);
  });

  it('let collections come and go while another transaction keeps a lock on the parent and on its own partition', async () => {
    const holder = new Client({ connectionString: urlOf(database) });
    await holder.connect();
    try {
      await holder.query('begin');
      await holder.query('select count(*) from zerodb_vectors');
      await makeCollection('quick');
      expect((await call('DELETE', '/v1/collections/quick')).status).toBe(204);
      expect((await call('PATCH', '/v1/collections/other/records/a1', { metadata: { n: 0 } })).status).toBe(200);
      // What waits for an exclusive lock on a parent makes everybody wait.
      const { rows } = await holder.query(
        `select from pg_locks where mode = 'AccessExclusiveLock' and relation in ('zerodb_vectors'::regclass, 'zerodb_postings'::regclass)`,
      );
      expect(rows).toEqual([]);
    } finally {
      await holder.end();
    }
  });

  it('hold up under everything at once: nothing fails, and what was acknowledged is there', async () => {
    await makeCollection('busy');
    await call('PUT', '/v1/files/buckets/kept', {});
    const memory = (content: string): Promise<Answer> => call('POST', '/v1/memories', { content, user_id: 'u1' });
    const ids = ['b1', 'b2', 'b3', 'b4'];
    const loops = [
      loop(() => call('PATCH', '/v1/collections/busy/records/a1', { metadata: { n: Math.random() } })),
      loop(() => call('PUT', '/v1/collections/busy/records', { records: ids.map(record) })),
      loop(() => call('PUT', '/v1/collections/busy/records', { records: [...ids].reverse().map(record) })),
      loop(() => call('POST', '/v1/collections/busy/records/delete', { ids })),
      loop(() => call('DELETE', '/v1/collections/passing')),
      loop(() => call('PUT', '/v1/collections/passing', { dimension: 3 })),
      loop(() => call('PUT', '/v1/collections/passing/records', { records: ids.map(record) })),
      loop(() => call('POST', '/v1/topics/busy/events', { events: [{ type: 't', data: {} }] })),
      loop(() => call('PUT', '/v1/topics/busy', {})),
      loop(() => call('DELETE', '/v1/topics/busy')),
      loop(() => memory(`The lamp ${Math.random()} is green.`)),
    ];
    await pause(6_000);
    const seen = await Promise.all(loops.map((stop) => stop()));
    expect(seen.flatMap(({ faults }) => faults)).toEqual([]);
    expect(server.logs()).not.toContain('deadlock detected');
    const acknowledged = await call('PUT', '/v1/collections/busy/records', { records: ids.map(record) });
    expect(acknowledged.status).toBe(200);
    for (const id of ids) expect((await call('GET', `/v1/collections/busy/records/${id}`)).status).toBe(200);
  });

  it('leave no table of a dropped collection behind', async () => {
    const left = async (): Promise<number> =>
      (
        await database.database.system.query(
          `select from pg_class where relkind = 'r' and relname ~ '^zerodb_(vectors|postings)_[0-9]+$'
             and substring(relname from '[0-9]+$')::int not in (select id from zerodb_collections)`,
        )
      ).rowCount;
    const until = performance.now() + 60_000;
    while ((await left()) > 0 && performance.now() < until) await pause(500);
    expect(await left()).toBe(0);
  });
});

const record = (id: string): object => ({ id, vector: VECTOR, text: `text of ${id}` });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const urlOf = ({ options }: TestDatabase): string => (options.engine === 'server' ? options.url : '');
