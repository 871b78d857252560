import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const ROUNDS = 4;
type Call = (method: string, path: string, body?: unknown, project?: string) => Promise<Answer>;

interface Deletion {
  readonly make: (call: Call) => Promise<unknown>;
  readonly write: (call: Call, n: number) => Promise<Answer>;
  readonly remove: (call: Call) => Promise<Answer>;
  /** The status of what is asked for when it is gone. */
  readonly isGone: (call: Call) => Promise<boolean>;
  readonly neighbour: (call: Call, n: number) => Promise<Answer>;
}

const record = (n: number): object => ({ records: [{ id: `r${n % 3}`, vector: [1, 0, 0], text: `words ${n}` }] });

/** An erasure goes on after its answer. */
const isErased = async (call: Call, operation: string): Promise<boolean> => {
  await eventually(async () => (await call('GET', `/v1/operations/${operation}`)).json['state'] === 'succeeded');
  const { json } = await call('GET', '/v1/memories?user_id=eve');
  return (json['data'] as unknown[]).length === 0;
};

/** Those that the product met and got over: an order of locks that holds has none. */
const deadlocksOf = async (url: string): Promise<number> => {
  const { text } = await clientOf(url)('/metrics');
  return Number(/^zerodb_database_retries_total\{reason="deadlock"\} (\d+)/m.exec(text)?.[1] ?? Number.NaN);
};

/** Statements of deletions: what embeds the neighbour's own memories deletes postings, too, and is none. */
const DELETING =
  'drop |detach|alter |delete from zerodb_(projects|collections|buckets|files|memory_)|zerodb_(projects|collections|buckets) .*for update';

const DELETIONS: Readonly<Record<string, Deletion>> = {
  collection: {
    make: (call) => call('PUT', '/v1/collections/c', { dimension: 3 }),
    write: (call, n) => call('PUT', '/v1/collections/c/records', record(n)),
    remove: (call) => call('DELETE', '/v1/collections/c'),
    isGone: async (call) => (await call('GET', '/v1/collections/c')).status === 404,
    neighbour: (call, n) => call('PUT', '/v1/collections/near/records', record(n)),
  },
  project: {
    make: async (call) => {
      await call('POST', '/v1/projects', { name: 'p' });
      await call('PUT', '/v1/collections/c', { dimension: 3 }, 'p');
      await call('PUT', '/v1/buckets/b', {}, 'p');
      return await call('PUT', '/v1/topics/t', { changes: ['zerodb.record.*', 'zerodb.file.*'] }, 'p');
    },
    write: (call, n) =>
      n % 2 === 0
        ? call('PUT', '/v1/collections/c/records', record(n), 'p')
        : call('PUT', `/v1/files/b/f${n % 3}`, { n: n % 3 }, 'p'),
    remove: (call) => call('DELETE', '/v1/projects/p'),
    isGone: async (call) => (await call('GET', '/v1/collections/c', undefined, 'p')).status >= 400,
    neighbour: (call, n) => call('PUT', '/v1/collections/near/records', record(n)),
  },
  'remembered person': {
    make: (call) => call('POST', '/v1/memories', { content: 'I live in Oslo', user_id: 'eve' }),
    write: (call, n) => call('POST', '/v1/memories', { content: `I live in town ${n % 5}`, user_id: 'eve' }),
    remove: (call) => call('DELETE', '/v1/subjects/eve'),
    isGone: async (call) => {
      const { json } = await call('DELETE', '/v1/subjects/eve');
      return await isErased(call, String(json['id']));
    },
    neighbour: (call, n) => call('POST', '/v1/memories', { content: `I own ${n % 7} cats`, user_id: 'bob' }),
  },
  bucket: {
    make: (call) => call('PUT', '/v1/buckets/b', {}),
    write: (call, n) => call('PUT', `/v1/files/b/f${n % 3}`, { n: n % 3 }),
    remove: (call) => call('DELETE', '/v1/buckets/b?force=true'),
    isGone: async (call) => (await call('GET', '/v1/buckets/b')).status === 404,
    neighbour: (call, n) => call('PUT', `/v1/files/near/f${n % 3}`, { near: n }),
  },
};

/** Real: two processes of the product on one Postgres server. The second serves the neighbour alone, under a name of its own. */
describeWith(services.postgresUrl)('deleting under writes', () => {
  let opened: TestDatabase;
  let servers: TestServer[];
  let call: Call;
  let near: Call;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    const url = new URL(opened.options.engine === 'server' ? opened.options.url : '');
    const first = await startServer({ ZERODB_POSTGRES_URL: url.href });
    url.searchParams.set('application_name', 'neighbour');
    const second = await startServer({ ZERODB_POSTGRES_URL: url.href, ZERODB_ROLE: 'api' });
    servers = [first, second];
    [call, near] = servers.map((server): Call => {
      const request = clientOf(server.url);
      return (method, path, body, project = 'default') =>
        request(path, {
          method,
          key: server.rootKey,
          headers: { 'zerodb-project': project },
          ...(body === undefined ? {} : { body }),
        });
    }) as [Call, Call];
    await call('PUT', '/v1/collections/near', { dimension: 3 });
    await call('PUT', '/v1/buckets/near', {});
    // The first memory makes the collection that all of them are in.
    await call('POST', '/v1/memories', { content: 'I own a cat', user_id: 'bob' });
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await opened.drop();
  });

  const repeat = (step: (n: number) => Promise<unknown>): (() => Promise<void>) => {
    let isOver = false;
    const running = (async () => {
      for (let n = 0; !isOver; n += 1) await step(n);
    })();
    return async () => ((isOver = true), await running);
  };

  it.each(Object.entries(DELETIONS))('a %s fails nobody, and no neighbour waits', async (_name, deletion) => {
    const faults: string[] = [];
    const noted = async (asked: Promise<Answer>): Promise<void> => {
      const { status, text } = await asked;
      if (status >= 500) faults.push(text);
    };
    const waits: unknown[] = [];
    const watch = repeat(async () => {
      const { rows } = await opened.database.system.query(
        // What embeds the neighbour's own memories may hold them for a moment: only deletions count.
        `select a.query, a.wait_event, left(b.query, 300) as held_by from pg_stat_activity a
         join pg_stat_activity b on b.pid = any (pg_blocking_pids(a.pid)) and b.query ~* $1
         where a.datname = current_database() and a.application_name = 'neighbour'
           and a.wait_event_type = 'Lock' and a.wait_event <> 'extend'`,
        [DELETING],
      );
      waits.push(...rows);
    });
    const neighbour = repeat((n) => noted(deletion.neighbour(near, n)));
    for (let round = 0; round < ROUNDS; round += 1) {
      await deletion.make(call);
      const writers = [1, 2, 3, 4].map(() => repeat((n) => noted(deletion.write(call, n))));
      await new Promise((resolve) => setTimeout(resolve, 150));
      await noted(deletion.remove(call));
      for (const stop of writers) await stop();
      expect(await deletion.isGone(call)).toBe(true);
    }
    await neighbour();
    await watch();
    expect({ faults, waits }).toEqual({ faults: [], waits: [] });
    for (const { url } of servers) expect(await deadlocksOf(url)).toBe(0);
  });
});
