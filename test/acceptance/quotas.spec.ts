import { clientOf, type Answer } from '../support/http';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const today = (): string => new Date().toISOString().slice(0, 10);

interface Quota {
  readonly quota: string;
  readonly used: number;
  readonly hard: number;
  readonly state: string;
}

/** Real: the product's process over HTTP, on the embedded Postgres and on a server. */
const suite = (engine: 'embedded' | 'server') => (): void => {
  let test: TestDatabase | undefined;
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;
  let root = '';

  beforeAll(async () => {
    if (engine === 'server') test = await openTestDatabase('server');
    const url = test ? (test.options as { url: string }).url : undefined;
    server = await startServer({
      ZERODB_RATE_LIMIT: '100000',
      // A hundred writers at once are judged by the quota alone, however slow the machine.
      ZERODB_ADMISSION: 'off',
      ...(url === undefined ? {} : { ZERODB_POSTGRES_URL: url }),
    });
    [call, root] = [clientOf(server.url), server.rootKey];
  });
  afterAll(async () => {
    await server?.stop();
    await test?.drop();
  });

  const makeProject = async (name: string): Promise<string> => {
    await call('/v1/projects', { key: root, body: { name } });
    return String((await call('/v1/keys', { key: root, body: { name: 'k', role: 'admin', project: name } })).json.key);
  };
  const put = async (name: string, limits: unknown): Promise<Answer> =>
    call(`/v1/projects/${name}/quota`, { method: 'PUT', key: root, body: limits });
  const stateOf = async (name: string): Promise<Quota[]> =>
    (await call(`/v1/projects/${name}/quota`, { key: root })).json.quotas as Quota[];
  const upsert = async (key: string, ids: readonly string[], collection = 'c'): Promise<Answer> =>
    call(`/v1/collections/${collection}/records`, {
      method: 'PUT',
      key,
      body: { records: ids.map((id) => ({ id, vector: [1, 0] })) },
      headers: { 'request-timeout': '30000' },
    });
  const idsFrom = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => `r${from + at}`);

  it('is exact however many write at once, and gives back what is deleted', async () => {
    const key = await makeProject('exact');
    await call('/v1/collections/c', { method: 'PUT', key, body: { dimension: 2 } });
    await upsert(key, idsFrom(0, 30));
    const made = await put('exact', { records: { soft: 40, hard: 100 } });
    expect(made.json.quotas).toEqual([{ quota: 'records', used: 30, soft: 40, hard: 100, state: 'ok' }]);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => upsert(key, idsFrom(1_000 + 7 * at, 7))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 403]));
    const refused = answers.find(({ status }) => status === 403);
    expect(refused?.json).toMatchObject({ code: 'quota_exceeded', quota: 'records', limit: 100, used: 100, added: 7 });
    expect((await call('/v1/collections/c/records/count', { key, body: {} })).json.count).toBe(100);
    expect(await stateOf('exact')).toMatchObject([{ used: 100, state: 'hard' }]);

    // What is there may be replaced, and what is deleted makes room.
    expect((await upsert(key, idsFrom(0, 30))).status).toBe(200);
    await call('/v1/collections/c/records/delete', { key, body: { ids: idsFrom(0, 5) } });
    expect((await upsert(key, [...idsFrom(0, 5), 'one too many'])).status).toBe(403);
    expect((await upsert(key, idsFrom(0, 5))).status).toBe(200);

    // A collection that is made later counts as well.
    await call('/v1/collections/later', { method: 'PUT', key, body: { dimension: 2 } });
    expect((await upsert(key, ['a'], 'later')).status).toBe(403);
    // And nobody else is limited.
    const other = await makeProject('other');
    await call('/v1/collections/c', { method: 'PUT', key: other, body: { dimension: 2 } });
    expect((await upsert(other, idsFrom(0, 150))).status).toBe(200);

    expect((await call('/v1/projects/exact/quota', { method: 'DELETE', key: root })).status).toBe(204);
    expect((await upsert(key, ['a'], 'later')).status).toBe(200);
  });

  it('limits bytes, files and memories', async () => {
    const key = await makeProject('held');
    await call('/v1/collections/c', { method: 'PUT', key, body: { dimension: 2 } });
    await call('/v1/buckets/b', { method: 'PUT', key, body: {} });
    await put('held', {
      record_bytes: { hard: 1_000 },
      files: { hard: 2 },
      file_bytes: { hard: 100 },
      memories: { hard: 1 },
    });
    const file = async (name: string, size: number): Promise<number> =>
      (
        await call(`/v1/files/b/${name}`, {
          method: 'PUT',
          key,
          raw: 'x'.repeat(size),
          headers: { 'content-type': 'text/plain' },
        })
      ).status;
    expect(await file('a', 60)).toBe(201);
    expect(await file('b', 60)).toBe(403);
    expect(await file('b', 40)).toBe(201);
    expect(await file('c', 0)).toBe(403);
    expect(await file('a', 61)).toBe(403);
    expect(await file('a', 10)).toBe(200);
    await call('/v1/files/b/b', { method: 'DELETE', key });
    expect(await file('c', 90)).toBe(201);

    const metadata = { note: 'x'.repeat(500) };
    const record = async (id: string): Promise<number> =>
      (
        await call('/v1/collections/c/records', {
          method: 'PUT',
          key,
          body: { records: [{ id, vector: [1, 0], metadata }] },
        })
      ).status;
    expect([await record('a'), await record('b'), await record('a')]).toEqual([200, 403, 200]);
    const patch = { metadata: { note: 'x'.repeat(990) } };
    expect((await call('/v1/collections/c/records/a', { method: 'PATCH', key, body: patch })).status).toBe(403);

    const remember = async (content: string): Promise<Answer> =>
      call('/v1/memories', { key, body: { content, user_id: 'u' } });
    const first = await remember('I live in Rome.');
    expect(first.status).toBeLessThan(300);
    expect((await remember('I have a dog.')).json).toMatchObject({ code: 'quota_exceeded', quota: 'memories' });
    const [{ id } = { id: '' }] = first.json.data as { id: string }[];
    await call(`/v1/memories/${id}`, { method: 'DELETE', key });
    expect((await remember('I have a dog.')).status).toBeLessThan(300);
  });

  it('limits requests, events and embeddings of a day, and says until when', async () => {
    const key = await makeProject('daily');
    await call('/v1/collections/texts', { method: 'PUT', key, body: {} });
    await call('/v1/topics/t', { method: 'PUT', key, body: {} });
    await put('daily', { events_per_day: { hard: 3 }, embeddings_per_day: { hard: 2 } });
    const publish = async (count: number): Promise<Answer> =>
      call('/v1/topics/t/events', { key, body: { events: Array.from({ length: count }, () => ({ type: 'a' })) } });
    expect((await publish(2)).status).toBe(200);
    const refused = await publish(2);
    expect([refused.status, refused.json.code]).toEqual([429, 'quota_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await publish(1)).status).toBe(200);
    const texts = async (count: number): Promise<number> =>
      (
        await call('/v1/collections/texts/records', {
          method: 'PUT',
          key,
          headers: { 'request-timeout': '60000' },
          body: { records: Array.from({ length: count }, (_, at) => ({ id: `t${at}`, text: `text ${at}` })) },
        })
      ).status;
    expect([await texts(2), await texts(1)]).toEqual([200, 429]);

    await put('daily', { requests_per_day: { hard: 20 } });
    const statuses = [];
    for (let at = 0; at < 21; at++) statuses.push((await call('/v1/collections', { key })).status);
    expect(statuses).toContain(200);
    expect(statuses.at(-1)).toBe(429);
    // What is used may still be looked at.
    const { status, json } = await call('/v1/usage', { key });
    expect(status).toBe(200);
    expect(json.quotas).toMatchObject([{ quota: 'requests_per_day', hard: 20, state: 'hard' }]);
  });

  it('shows what was used, by day, and exports it for all projects', async () => {
    const key = await makeProject('shown');
    await call('/v1/collections/c', { method: 'PUT', key, body: { dimension: 2 } });
    await upsert(key, ['a', 'b']);
    const { json } = await call('/v1/usage', { key });
    expect(json).toMatchObject({ project: 'shown', quotas: [], current: { records: 2, memories: 0, files: 0 } });
    const [day] = (json.days as Record<string, unknown>[]).slice(-1);
    expect(day).toMatchObject({ date: today(), records: 2, requests: 3, embeddings: 0 });
    const exported = async (): Promise<string> => {
      const answer = await fetch(`${server.url}/v1/usage/export`, { headers: { authorization: `Bearer ${root}` } });
      expect(answer.status).toBe(200);
      return await answer.text();
    };
    const text = await exported();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const line = lines.find(({ project }) => project === 'shown');
    expect(line).toMatchObject({ date: today(), records: 2 });
    expect(line?.project_uid).toEqual(expect.any(String));

    // What a deleted project used is still exported.
    await call('/v1/projects/shown', { method: 'DELETE', key: root });
    expect(await exported()).toContain(String(line?.project_uid));
  });

  it.each([
    ['nothing', {}, 200],
    ['an unknown quota', { rows: { hard: 1 } }, 422],
    ['no limit', { records: {} }, 422],
    ['a negative one', { records: { hard: -1 } }, 422],
    ['a soft one above the hard one', { records: { soft: 2, hard: 1 } }, 422],
    ['half a record', { records: { hard: 1.5 } }, 422],
  ])('takes %s as it is meant', async (_what, limits, expected) => {
    await makeProject('bad');
    expect((await put('bad', limits)).status).toBe(expected);
  });

  it("is the operator's alone, and of a project that exists", async () => {
    const key = await makeProject('mine');
    const path = '/v1/projects/mine/quota';
    expect((await call(path, { method: 'PUT', key, body: { records: { hard: 9 } } })).status).toBe(403);
    expect((await call(path, { key })).status).toBe(403);
    expect((await call('/v1/usage/export', { key })).status).toBe(403);
    expect((await call(path, { key: root })).status).toBe(404);
    expect((await put('nobody', { records: { hard: 9 } })).status).toBe(404);
    expect((await call('/v1/usage?from=2026-01-02&to=2026-01-01', { key })).status).toBe(422);
    expect((await call('/v1/usage?from=2020-01-02&to=2026-01-01', { key })).status).toBe(422);
  });
};

describe('quotas and usage on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('quotas and usage on a Postgres server (ZERODB_TEST_POSTGRES_URL)', suite('server'));
