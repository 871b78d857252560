import { openTestDatabase, type TestDatabase } from '../support/database';
import { until } from '../support/follower';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const ROUNDS = 4;
type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

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
  await until(async () => (await call('GET', `/v1/operations/${operation}`)).json['state'] === 'succeeded');
  const { json } = await call('GET', '/v1/memories?user_id=eve');
  return (json['data'] as unknown[]).length === 0;
};

const DELETIONS: Readonly<Record<string, Deletion>> = {
  collection: {
    make: (call) => call('PUT', '/v1/collections/c', { dimension: 3 }),
    write: (call, n) => call('PUT', '/v1/collections/c/records', record(n)),
    remove: (call) => call('DELETE', '/v1/collections/c'),
    isGone: async (call) => (await call('GET', '/v1/collections/c')).status === 404,
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
      return (method, path, body) =>
        request(path, {
          method,
          key: server.rootKey,
          ...(body === undefined ? {} : { body }),
        });
    }) as [Call, Call];
    await call('PUT', '/v1/collections/near', { dimension: 3 });
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
        `select a.query, a.wait_event, (select array_agg(left(b.query, 300)) from pg_stat_activity b where b.pid = any (pg_blocking_pids(a.pid))) as held_by,
           (select array_agg(b.backend_type) from pg_stat_activity b where b.pid = any (pg_blocking_pids(a.pid))) as by from pg_stat_activity a where datname = current_database()
           and application_name = 'neighbour' and wait_event_type = 'Lock' and wait_event <> 'extend'`,
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
    expect(servers.map((server) => server.logs()).join('')).not.toContain('deadlock detected');
  });
});
