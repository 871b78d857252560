import { createHash } from 'node:crypto';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';

interface GraphqlError {
  readonly message: string;
  readonly path?: (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly status: number;
    readonly errors: { path: string; message: string }[];
    readonly retryable: boolean;
    readonly request_id: string;
  };
}

interface Result {
  readonly status: number;
  readonly data: Record<string, Record<string, unknown>> | null;
  readonly errors: readonly GraphqlError[];
}

let server: TestServer;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  server = await startServer();
  call = clientOf(server.url);
});
afterAll(() => server.stop());

const send = async (body: unknown, key: string | undefined = server.rootKey): Promise<Answer> =>
  call('/graphql', { body, ...(key === '' ? {} : { key }) });

const resultOf = ({ status, json }: Answer): Result => {
  const { data = null, errors = [] } = json as unknown as Partial<Result>;
  return { status, data, errors };
};

const run = async (query: string, variables: Record<string, unknown> = {}, key?: string): Promise<Result> =>
  resultOf(await send({ query, variables }, key));

const codeOf = ({ errors }: Result): string | undefined => errors[0]?.extensions.code;

const rest = async (path: string): Promise<Record<string, unknown>> => (await call(path, { key: server.rootKey })).json;

describe('collections, records and search', () => {
  beforeAll(async () => {
    const made = await run(
      `mutation ($records: [UpsertRecordsRecordInput!]!) {
         putCollection(collection: "colours", dimension: 3, metric: cosine) { name dimension records }
         upsertRecords(collection: "colours", records: $records) { upserted ids }
       }`,
      {
        records: Array.from({ length: 25 }, (_, index) => ({
          id: `c-${String(index).padStart(2, '0')}`,
          vector: [1, index / 10, 0],
          text: `colour number ${index}`,
          metadata: { index, even: index % 2 === 0 },
        })),
      },
    );
    expect(made.errors).toEqual([]);
    expect(made.data).toMatchObject({ putCollection: { dimension: 3 }, upsertRecords: { upserted: 25 } });
  });

  it('searches as REST does, and says who served it', async () => {
    const { data, errors } = await run(
      `query ($filter: JSON) {
         search(collection: "colours", query: { vector: [1, 0, 0] }, filter: $filter, limit: 3) {
           results { id score metadata version } served_by degraded degraded_reasons consistency
         }
       }`,
      { filter: { even: true } },
    );
    expect(errors).toEqual([]);
    const over = await call('/v1/collections/colours/search', {
      key: server.rootKey,
      body: { query: { vector: [1, 0, 0] }, filter: { even: true }, limit: 3, include: ['metadata'] },
    });
    const { results, served_by, degraded, degraded_reasons, consistency } = over.json;
    expect(data?.search).toEqual({ results, served_by, degraded, degraded_reasons, consistency });
  });

  it('searches by words, and by both', async () => {
    const search = (mode: string) =>
      `search(collection: "colours", query: { text: "colour number 7" }, mode: ${mode}, limit: 1) { results { id } }`;
    const { data } = await run(`{ k: ${search('keyword')} }`);
    expect(data?.k).toEqual({ results: [{ id: 'c-07' }] });
  });

  it('pages by cursors, of which every edge has one', async () => {
    const page = async (
      first: number,
      after: string | null,
    ): Promise<{ ids: unknown[]; info: PageInfo; cursors: string[] }> => {
      const { data } = await run(
        `query ($first: Int, $after: String) {
           records(collection: "colours", first: $first, after: $after) {
             edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
           }
         }`,
        { first, after },
      );
      const { edges, pageInfo } = data?.records as unknown as {
        edges: { cursor: string; node: { id: string } }[];
        pageInfo: PageInfo;
      };
      return { ids: edges.map(({ node }) => node.id), info: pageInfo, cursors: edges.map(({ cursor }) => cursor) };
    };
    const first = await page(10, null);
    expect(first.info).toMatchObject({ hasNextPage: true, hasPreviousPage: false, endCursor: first.cursors[9] });
    const second = await page(10, first.info.endCursor);
    const middle = await page(4, first.cursors[3] ?? null);
    expect(second.ids[0]).toBe('c-10');
    expect(middle.ids).toEqual(['c-04', 'c-05', 'c-06', 'c-07']);
    expect((await page(3, middle.cursors[1] ?? null)).ids).toEqual(['c-06', 'c-07', 'c-08']);
    const last = await page(100, second.info.endCursor);
    expect([last.ids.length, last.info.hasNextPage]).toEqual([5, false]);
    expect((await page(5, last.info.endCursor)).ids).toEqual([]);
    const over = await rest(`/v1/collections/colours/records?limit=10`);
    expect(first.ids).toEqual((over.data as { id: string }[]).map(({ id }) => id));
  });

  it('patches under a condition, deletes, and counts', async () => {
    const { data: found } = await run(`{ record(collection: "colours", id: "c-24") { version } }`);
    const patch = `mutation ($if: Integer) {
      patchRecord(collection: "colours", id: "c-24", metadata: { seen: true }, if_version: $if) { metadata } }`;
    expect(codeOf(await run(patch, { if: 1 }))).toBe('precondition_failed');
    const patched = await run(patch, { if: found?.record?.version });
    expect(patched.data?.patchRecord).toMatchObject({ metadata: { seen: true, index: 24 } });
    const { data } = await run(`mutation { deleteRecord(collection: "colours", id: "c-24")
      deleteRecords(collection: "colours", ids: ["c-23", "nobody"]) }`);
    expect(data).toEqual({ deleteRecord: true, deleteRecords: 1 });
    expect((await run(`{ recordCount(collection: "colours") }`)).data).toEqual({ recordCount: 23 });
  });

  it('keeps what went well beside what did not', async () => {
    const { status, data, errors } = await run(
      `{ here: record(collection: "colours", id: "c-01") { id } gone: record(collection: "colours", id: "x") { id }
         none: collection(collection: "nothing") { name } }`,
    );
    expect([status, data]).toEqual([200, { here: { id: 'c-01' }, gone: null, none: null }]);
    expect(errors.map(({ path, extensions }) => [path, extensions.code, extensions.status])).toEqual(
      expect.arrayContaining([
        [['gone'], 'not_found', 404],
        [['none'], 'not_found', 404],
      ]),
    );
  });

  it('names faults as REST does', async () => {
    const body = { query: { vector: [1, 2] }, limit: 5000 };
    const over = await call('/v1/collections/colours/search', { key: server.rootKey, body });
    const { errors } = await run(
      `{ search(collection: "colours", query: { vector: [1, 2] }, limit: 5000) { degraded } }`,
    );
    expect(errors[0]?.extensions).toMatchObject({
      code: over.json.code,
      status: over.status,
      errors: over.json.errors,
      retryable: false,
    });
    expect(errors[0]?.extensions.request_id).toMatch(/^[\w-]{36}$/);
  });
});

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

describe('the other capabilities', () => {
  it('makes projects and keys', async () => {
    const { data, errors } = await run(`mutation {
      createProject(name: "second") { name }
      createKey(name: "reader", role: read, project: "second") { id key project role }
    }`);
    expect(errors).toEqual([]);
    const made = data?.createKey as { id: string; key: string };
    expect((await run('{ status { project } }', {}, made.key)).data).toEqual({ status: { project: 'second' } });
    const { data: listed } = await run('{ projects { nodes { name } } keys { nodes { name } } }');
    expect(listed?.projects?.nodes).toEqual(expect.arrayContaining([{ name: 'default' }, { name: 'second' }]));
    expect((await run(`mutation { deleteProject(name: "second") }`)).data).toEqual({ deleteProject: true });
    expect((await run('{ status { project } }', {}, made.key)).status).toBe(401);
  });

  it('remembers and recalls', async () => {
    const { data } = await run(`mutation { addMemories(user_id: "ada", content: "Ada lives in Turin.") {
      data { id status } } }`);
    expect(data?.addMemories).toMatchObject({ data: [{ status: 'added' }] });
    const { data: found } = await run(`{
      searchMemories(user_id: "ada", query: "where does Ada live?", mode: keyword) { results { content score } }
      memories(user_id: "ada") { nodes { content } pageInfo { hasNextPage } } }`);
    expect(found?.searchMemories).toMatchObject({ results: [{ content: 'Ada lives in Turin.' }] });
    expect(found?.memories).toMatchObject({ nodes: [{ content: 'Ada lives in Turin.' }] });
  });

  it('knows files and signs their URLs', async () => {
    await run(`mutation { putBucket(bucket: "papers", compression: none) { name access } }`);
    await call('/v1/files/papers/a.txt', {
      method: 'PUT',
      key: server.rootKey,
      raw: 'hello',
      headers: { 'content-type': 'text/plain' },
    });
    const { data, errors } = await run(`mutation { presignFile(bucket: "papers", key: "a.txt", method: GET) { url } }`);
    expect(errors).toEqual([]);
    expect((await call(String(data?.presignFile?.url))).text).toBe('hello');
    const { data: seen } =
      await run(`{ files(bucket: "papers") { nodes { key size in_bucket { name usage { files } } } }
      file(bucket: "papers", key: "a.txt") { sha256 content_type } }`);
    expect(seen?.files).toEqual({
      nodes: [{ key: 'a.txt', size: 5, in_bucket: { name: 'papers', usage: { files: 1 } } }],
    });
    expect(seen?.file).toMatchObject({ sha256: createHash('sha256').update('hello').digest('hex') });
    expect((await run(`mutation { deleteFile(bucket: "papers", key: "a.txt") }`)).data).toEqual({ deleteFile: true });
    expect(codeOf(await run(`{ file(bucket: "papers", key: "a.txt") { size } }`))).toBe('not_found');
  });

  it('publishes and lists events', async () => {
    const { data } = await run(`mutation { putTopic(topic: "orders") { name }
      publishEvents(topic: "orders", events: [{ id: "o-1", type: "order.placed", data: { total: 3 } }]) { id offset } }`);
    expect(data?.publishEvents).toMatchObject([{ id: 'o-1' }]);
    const listed = await run(`{ events(topic: "orders") { nodes { id type data cloudevent in_topic { events } } } }`);
    expect(listed.data?.events).toMatchObject({
      nodes: [{ id: 'o-1', data: { total: 3 }, cloudevent: { specversion: '1.0' }, in_topic: { events: 1 } }],
    });
  });

  it('shows services, their history, consistency and operations', async () => {
    const { data, errors } =
      await run(`{ services { name state } background { name state } serviceHistory(service: "postgres") { nodes { to } }
      consistency { follower state nodes { collection state } } operations { id } }`);
    expect(errors).toEqual([]);
    expect(data?.services).toEqual((await rest('/v1/services')).data instanceof Array ? expect.any(Array) : null);
    expect(data?.background).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'access_watch' })]));
    expect(data?.consistency).toMatchObject({ follower: null, state: 'disabled' });
    expect(codeOf(await run('{ operation(id: "nothing") { id } }'))).toBe('not_found');
    expect(codeOf(await run('mutation { rebuildService(service: "postgres") { id } }'))).toBe('conflict');
  });
});

describe('who may do what', () => {
  const keyFor = async (role: string): Promise<string> =>
    String((await run(`mutation { createKey(name: "k", role: ${role}) { key } }`)).data?.createKey?.key);

  it('refuses a key that nobody knows, and one that was revoked', async () => {
    const unknown = resultOf(await send({ query: '{ status { version } }' }, 'zdb_nobody'));
    expect([unknown.status, codeOf(unknown)]).toEqual([401, 'unauthenticated']);
    const made = await run(`mutation { createKey(name: "k", role: admin) { key id } }`);
    const { id, key } = made.data?.createKey as { id: string; key: string };
    await run(`mutation ($id: String!) { revokeKey(id: $id) }`, { id });
    const revoked = resultOf(await send({ query: '{ status { version } }' }, key));
    expect([revoked.status, codeOf(revoked)]).toEqual([401, 'key_revoked']);
  });

  it('lets a key that reads change nothing, field by field', async () => {
    const key = await keyFor('read');
    const { status, data, errors } = await run(
      `mutation { a: putCollection(collection: "mine", dimension: 2) { name }
         b: upsertRecords(collection: "colours", records: [{ vector: [1, 2, 3] }]) { upserted }
         c: addMemories(user_id: "x", content: "y") { data { id } }
         d: putTopic(topic: "t") { name } e: deleteFile(bucket: "b", key: "k") f: createKey(name: "n", role: read) { key }
         g: drainService(service: "embeddings") { name } h: putBucket(bucket: "b") { name } }`,
      {},
      key,
    );
    expect(status).toBe(200);
    expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
    expect(errors).toHaveLength(8);
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['forbidden']));
    expect(codeOf(await run('{ services { name } }', {}, key))).toBe('forbidden');
    expect((await run('{ collections { nodes { name } } }', {}, key)).errors).toEqual([]);
  });

  it('shows the schema, and nothing else, to who has no key', async () => {
    expect((await run('{ __schema { queryType { name } } }', {}, '')).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    for (const query of [
      '{ collections { nodes { name } } }',
      '{ file(bucket: "b", key: "k") { key } }',
      '{ services { name } }',
    ]) {
      expect(codeOf(await run(query, {}, ''))).toBe('unauthenticated');
    }
  });
});

describe('hostile queries', () => {
  const nested = (levels: number): string => '{ a '.repeat(levels) + '}'.repeat(levels);

  it.each([
    ['50 levels', nested(50)],
    ['10,000 aliases', `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}: status { version }`).join(' ')} }`],
    ['300 aliases', `{ ${Array.from({ length: 300 }, (_, i) => `a${i}: status { version }`).join(' ')} }`],
    ['300 fields at the top', `{ ${'__typename '.repeat(300)} }`],
    ['a circle of fragments', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
    [
      'a circle that is not used',
      '{ status { version } } fragment a on Query { status { ...b } } fragment b on Status { ...b }',
    ],
    [
      'fragments that multiply',
      `{ ...f0 } ${Array.from({ length: 40 }, (_, i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f40 on Query { __typename }`,
    ],
    [
      'an answer of millions',
      '{ keys(first: 1000) { nodes { a: id b: id } } records(collection: "c", first: 1000) { edges { node { ...r } } } } fragment r on Record { id text metadata version ' +
        'id '.repeat(60) +
        '}',
    ],
    ['unknown fields', '{ nothing }'],
    ['no GraphQL', 'select * from users'],
    ['a tree instead of a text', '{"kind":"Document","definitions":[]}'],
    ['two operations, none named', 'query a { __typename } query b { __typename }'],
  ])('refuses %s at once', async (_name, query) => {
    const began = performance.now();
    const result = await run(query);
    expect([result.status, codeOf(result), result.data]).toEqual([400, 'malformed', null]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('refuses floods, and what is no request', async () => {
    const flood = Array.from({ length: 1_000 }, () => ({ query: '{ __typename }' }));
    for (const body of [flood, [], [[]], 7, 'x', null, {}, { query: 7 }, { query: '{ __typename }', variables: [] }]) {
      const result = resultOf(await send(body));
      expect([400, 422]).toContain(result.status);
    }
    expect((await call('/graphql', { key: server.rootKey, raw: '{' })).status).toBe(400);
    const plain = { key: server.rootKey, raw: '{}', headers: { 'content-type': 'text/plain' } };
    expect((await call('/graphql', plain)).status).toBe(415);
    expect((await call('/graphql', { key: server.rootKey, method: 'DELETE' })).status).toBe(405);
  });

  it('runs a small batch, each on its own', async () => {
    const { status, json } = await send([{ query: '{ __typename }' }, { query: '{ nope }' }]);
    expect([status, json]).toMatchObject([200, [{ data: { __typename: 'Query' } }, { errors: [{}] }]]);
  });

  it('keeps variables where they belong', async () => {
    const query = 'query ($filter: JSON) { recordCount(collection: "colours", filter: $filter) }';
    const hostile = JSON.stringify({ query, variables: { filter: { index: 1 } } }).replace(
      '"index":1',
      '"__proto__":{}',
    );
    expect((await call('/graphql', { key: server.rootKey, raw: hostile })).status).toBe(400);
    expect(codeOf(await run(query, { filter: { $where: '1' } }))).toBe('invalid');
    expect((await run(query, { filter: 3 })).errors[0]?.extensions.status).toBe(422);
  });
});

describe('persisted queries', () => {
  const query = '{ status { project } }';
  const sha256Hash = createHash('sha256').update(query).digest('hex');
  const extensions = { persistedQuery: { version: 1, sha256Hash } };

  it('asks for a text that it does not know, and then knows it', async () => {
    const unknown = resultOf(await send({ extensions }));
    expect([unknown.status, unknown.errors[0]?.message, codeOf(unknown)]).toEqual([
      200,
      'PersistedQueryNotFound',
      'persisted_query_not_found',
    ]);
    expect(resultOf(await send({ query, extensions })).data).toEqual({ status: { project: 'default' } });
    expect(resultOf(await send({ extensions })).data).toEqual({ status: { project: 'default' } });
  });

  it('takes no text under the hash of another', async () => {
    const result = resultOf(await send({ query: '{ __typename }', extensions }));
    expect([result.status, codeOf(result)]).toEqual([400, 'malformed']);
  });
});

describe('GraphiQL', () => {
  it('comes from here alone', async () => {
    const page = await call('/graphql', { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files).toHaveLength(6);
    for (const file of files) expect((await call(file)).status).toBe(200);
    expect(page.text).not.toMatch(/https?:|<script>|<style>/);
    expect((await call('/graphql')).status).toBe(405);
  });
});
