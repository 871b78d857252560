import { freePort } from '../support/free-port';
import { clientOf, type CreatedKey } from '../support/http';
import { askerOf, type Ask } from '../support/qdrant-dialect';
import { qdrantJsClient, type QdrantJsClient } from '../support/qdrant-js-client';
import { startServer, type TestServer } from '../support/server';

const BIG = 18_446_744_073_709_551_615n;
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const LONG_KEY = new Array(33).fill('a').join('.');

/** The product on its embedded engine, without any Qdrant: clients of Qdrant see no difference. */
describe("Qdrant's dialect", () => {
  let server: TestServer;
  let port: number;
  let api: ReturnType<typeof clientOf>;
  let client: QdrantJsClient;
  let dialect: Ask;

  beforeAll(async () => {
    port = await freePort();
    server = await startServer({ ZERODB_QDRANT_DIALECT_PORT: String(port) });
    api = clientOf(server.url);
    client = qdrantJsClient(`http://127.0.0.1:${port}`, server.rootKey);
    dialect = askerOf(`http://127.0.0.1:${port}`, { 'api-key': server.rootKey });
  });
  afterAll(async () => await server.stop());

  describe('with the official JavaScript client', () => {
    it('says its version, so that the client does not warn', async () => {
      expect((await client.versionInfo()).version).toMatch(/^1\./);
    });

    it('creates, describes, lists and drops collections', async () => {
      expect(await client.createCollection('made', { vectors: { size: 3, distance: 'Euclid' } })).toBe(true);
      expect((await client.collectionExists('made')).exists).toBe(true);
      expect((await client.getCollection('made')).config.params.vectors).toMatchObject({ size: 3, distance: 'Euclid' });
      expect((await client.getCollections()).collections).toContainEqual({ name: 'made' });
      expect(await client.updateCollection('made', { optimizers_config: { indexing_threshold: 1 } })).toBe(true);
      await expect(client.createCollection('made', { vectors: { size: 3, distance: 'Euclid' } })).rejects.toMatchObject(
        { status: 409 },
      );
      expect(await client.deleteCollection('made')).toBe(true);
      expect((await client.collectionExists('made')).exists).toBe(false);
    });

    it('stores, reads, ranks, changes and deletes points', async () => {
      await client.createCollection('c', { vectors: { size: 3, distance: 'Cosine' } });
      await client.createPayloadIndex('c', { field_name: 'city', field_schema: 'keyword', wait: true });
      expect((await client.getCollection('c')).payload_schema).toMatchObject({ city: { data_type: 'keyword' } });
      const stored = await client.upsert('c', {
        wait: true,
        points: [
          { id: 1, vector: [3, 0, 0], payload: { city: 'Berlin', size: 3 } },
          { id: 2, vector: [0, 2, 0], payload: { city: 'Paris' } },
          { id: UUID, vector: [0, 0, 1], payload: { city: 'Berlin' } },
        ],
      });
      expect(stored.status).toBe('completed');
      const found = await client.query('c', { query: [1, 0.1, 0], limit: 2, with_payload: true, with_vector: true });
      expect(found.points.map(({ id }) => id)).toEqual([1, 2]);
      expect(found.points[0]).toMatchObject({ payload: { city: 'Berlin', size: 3 }, vector: [1, 0, 0] });
      const inBerlin = { must: [{ key: 'city', match: { value: 'Berlin' } }] };
      expect((await client.search('c', { vector: [0, 1, 0], limit: 5, filter: inBerlin })).length).toBe(2);
      expect((await client.count('c', { filter: inBerlin })).count).toBe(2);
      const page = await client.scroll('c', { limit: 2 });
      expect(page.points.map(({ id }) => id)).toEqual([1, 2]);
      expect(page.next_page_offset).toBe(UUID);
      expect((await client.facet('c', { key: 'city' })).hits).toEqual([
        { value: 'Berlin', count: 2 },
        { value: 'Paris', count: 1 },
      ]);
      await client.setPayload('c', { payload: { seen: true }, points: [1], wait: true });
      await client.deletePayload('c', { keys: ['size'], points: [1], wait: true });
      expect(await client.retrieve('c', { ids: [1], with_payload: true })).toMatchObject([
        { id: 1, payload: { city: 'Berlin', seen: true } },
      ]);
      await client.delete('c', { filter: inBerlin, wait: true });
      expect((await client.count('c')).count).toBe(1);
    });
  });

  it('keeps integers of 64 bits exact, and orders them by number, then UUIDs', async () => {
    await dialect('PUT', '/collections/order', { vectors: { size: 2, distance: 'Dot' } });
    const ids = [10n, 9n, 2n, BIG, 9_007_199_254_740_993n, UUID, 100n];
    await dialect('PUT', '/collections/order/points', { points: ids.map((id) => ({ id, vector: [1, 1] })) });
    const seen: unknown[] = [];
    for (let offset: unknown = null; ;) {
      const { json } = await dialect('POST', '/collections/order/points/scroll', { limit: 2, offset });
      const page = json['result'] as { points: { id: unknown }[]; next_page_offset: unknown };
      seen.push(...page.points.map(({ id }) => id));
      offset = page.next_page_offset;
      if (offset === null) break;
    }
    expect(seen).toEqual([2, 9, 10, 100, 9_007_199_254_740_993n, BIG, UUID]);
    const one = await dialect('GET', `/collections/order/points/${BIG}`);
    expect(one.text).toContain(`"id":${BIG}`);
    const next = `${BIG + 1n}`;
    expect((await dialect('GET', `/collections/order/points/${next}`)).status).toBe(400);
  });

  it('takes the empty name for the vector without one, as LangChain does', async () => {
    const made = await dialect('PUT', '/collections/empty-name', { vectors: { '': { size: 2, distance: 'Dot' } } });
    expect(made.json['result']).toBe(true);
    await dialect('PUT', '/collections/empty-name/points', { points: [{ id: 1, vector: { '': [1, 2] } }] });
    const { json } = await dialect('POST', '/collections/empty-name/points/query', { query: [1, 1], using: '' });
    expect(json['result']).toMatchObject({ points: [{ id: 1, score: 3 }] });
  });

  it('is the same collection as in ZeroDB, with a record for each point', async () => {
    await dialect('PUT', '/collections/both', { vectors: { size: 2, distance: 'Cosine' } });
    await dialect('PUT', '/collections/both/points', { points: [{ id: 7, vector: [3, 4], payload: { a: 1 } }] });
    const { json } = await api('/v1/collections/both/records/7', { key: server.rootKey });
    expect(json).toMatchObject({ id: '7', vector: [3, 4], metadata: { a: 1 } });
  });

  it('takes a text index with options that change nothing', async () => {
    await dialect('PUT', '/collections/texts', { vectors: { size: 2, distance: 'Dot' } });
    const field_schema = { type: 'text', tokenizer: 'word', lowercase: true, min_token_len: 2, ascii_folding: false };
    const made = await dialect('PUT', '/collections/texts/index', { field_name: 'a', field_schema });
    expect(made.status).toBe(200);
  });

  it('begins no write of which a part is refused', async () => {
    await dialect('PUT', '/collections/whole', { vectors: { size: 2, distance: 'Cosine' } });
    const path = '/collections/whole/points';
    await dialect('PUT', path, { points: [{ id: 1, vector: [1, 1], payload: { a: 1 } }] });
    const before = await dialect('GET', `${path}/1`);
    const remove = { delete: { points: [1] } };
    const refused: object[] = [
      { delete: { points: ['x'] } },
      { delete: { filter: { must: [{ key: 'a', match: { phrase: 'b' } }] } } },
      { upsert: { points: [{ id: 2, vector: [1] }] } },
      { upsert: { points: [{ id: 2, vector: [0, 0] }] } },
      { upsert: { points: [{ id: 2, vector: [1, 1], payload: { $a: 1 } }] } },
      { update_vectors: { points: [{ id: 1, vector: [0, 0] }] } },
      { update_vectors: { points: [{ id: 1, vector: [1, 0] }], update_filter: {} } },
      { set_payload: { payload: { a: 1 }, points: [1], key: 'a[0]' } },
      { set_payload: { payload: { $a: 1 }, points: [1] } },
      { set_payload: { payload: { a: 1 }, points: [1], key: '"$a"' } },
      { overwrite_payload: { payload: { a: 1 } } },
      { delete_payload: { keys: ['a b'], points: [1] } },
      { clear_payload: {} },
    ];
    for (const operation of refused) {
      const { status } = await dialect('POST', `${path}/batch`, { operations: [remove, operation] });
      expect({ operation, status }).toEqual({ operation, status: 400 });
    }
    const many = Array.from({ length: 10_001 }, (_, index) => ({ id: index + 1, vector: [1, index] }));
    const faulty = many.map((point) => (point.id === 10_001 ? { ...point, vector: [0, 0] } : point));
    expect((await dialect('PUT', path, { points: faulty })).status).toBe(400);
    expect((await dialect('POST', `${path}/count`, {})).json['result']).toEqual({ count: 1 });
    expect((await dialect('GET', `${path}/1`)).json['result']).toEqual(before.json['result']);
  });

  it('changes as many points as are named', async () => {
    await dialect('PUT', '/collections/named', { vectors: { size: 2, distance: 'Dot' } });
    const path = '/collections/named/points';
    const ids = Array.from({ length: 1_200 }, (_, index) => index + 1);
    await dialect('PUT', path, { points: ids.map((id) => ({ id, vector: [1, id] })) });
    const set = await dialect('POST', `${path}/payload`, { payload: { seen: true }, points: [...ids, ...ids] });
    expect(set.status).toBe(200);
    const filter = { must: [{ key: 'seen', match: { value: true } }] };
    expect((await dialect('POST', `${path}/count`, { filter })).json['result']).toEqual({ count: 1_200 });
    const half = await dialect('POST', `${path}/payload`, { payload: { half: 1 }, points: [1, 9_999, 600] });
    expect(half.status).toBe(404);
    const { json } = await dialect('POST', `${path}/scroll`, { filter: { must: [{ key: 'half', range: {} }] } });
    const { points } = json['result'] as { points: { id: number }[] };
    expect(points.map(({ id }) => id)).toEqual([1, 600]);
  });

  it('leaves records alone whose ids are those of no points', async () => {
    await api('/v1/collections/mixed', { method: 'PUT', key: server.rootKey, body: { dimension: 2 } });
    const names = ['doc-1', '007', '18446744073709551616', '5', UUID.toUpperCase()];
    const records = names.map((id, index) => ({ id, vector: [1, index / 10] }));
    await api('/v1/collections/mixed/records', { method: 'PUT', key: server.rootKey, body: { records } });
    const path = '/collections/mixed/points';
    const idsOf = (result: unknown) => (result as { points: { id: unknown }[] }).points.map(({ id }) => id);
    expect(idsOf((await dialect('POST', `${path}/scroll`, {})).json['result'])).toEqual([5]);
    expect(idsOf((await dialect('POST', `${path}/query`, { query: [1, 0], limit: 1 })).json['result'])).toEqual([5]);
    expect((await dialect('POST', `${path}/count`, {})).json['result']).toEqual({ count: 1 });
    expect((await dialect('POST', `${path}/delete`, { filter: {} })).status).toBe(200);
    const left = await api('/v1/collections/mixed/records/count', { key: server.rootKey, body: {} });
    expect(left.json).toEqual({ count: 4 });
  });

  it('asks for a key, and for the role that a request needs', async () => {
    const url = `http://127.0.0.1:${port}`;
    const made = await api('/v1/keys', { key: server.rootKey, body: { name: 'reader', role: 'read' } });
    const { key } = made.json as unknown as CreatedKey;
    const ways: Record<string, string>[] = [{ 'api-key': key }, { authorization: `Bearer ${key}` }];
    for (const headers of ways) {
      const reader = askerOf(url, headers);
      expect((await reader('GET', '/collections')).status).toBe(200);
      const refused = await reader('PUT', '/collections/no', { vectors: { size: 2, distance: 'Dot' } });
      expect(refused).toMatchObject({
        status: 403,
        json: { status: { error: expect.stringMatching(/^Forbidden: /) as string } },
      });
    }
    expect((await askerOf(url)('GET', '/collections')).status).toBe(401);
    expect((await askerOf(url, { 'api-key': 'zdb_wrong' })('GET', '/collections')).status).toBe(401);
    for (const path of ['/', '/healthz', '/livez', '/readyz'])
      expect((await askerOf(url)('GET', path)).status).toBe(200);
  });

  it('shows a key its own project alone', async () => {
    await dialect('PUT', '/collections/mine', { vectors: { size: 2, distance: 'Dot' } });
    await api('/v1/projects', { key: server.rootKey, body: { name: 'other' } });
    const other = askerOf(`http://127.0.0.1:${port}`, { 'api-key': server.rootKey, 'zerodb-project': 'other' });
    expect((await other('GET', '/collections')).json['result']).toEqual({ collections: [] });
    expect((await other('GET', '/collections/mine')).status).toBe(404);
  });

  it('takes no name of the system, whether there is such a collection or not', async () => {
    const memory = { user_id: 'u1', content: 'I live in Berlin.', wait: 'indexed' };
    await api('/v1/memories', { key: server.rootKey, body: memory });
    const vector = new Array(384).fill(1);
    const steps: [string, string, unknown?][] = [
      ['GET', ''],
      ['GET', '/exists'],
      ['GET', '/aliases'],
      ['GET', '/cluster'],
      ['PUT', '', { vectors: { size: 2, distance: 'Dot' } }],
      ['PATCH', '', {}],
      ['PUT', '/index', { field_name: 'a', field_schema: 'keyword' }],
      ['DELETE', '/index/user_id'],
      ['POST', '/points/scroll', {}],
      ['POST', '/points/count', {}],
      ['POST', '/points/query', {}],
      ['POST', '/points/search', { vector, limit: 1 }],
      ['POST', '/points/recommend', { positive: [vector], limit: 1 }],
      ['POST', '/facet', { key: 'user_id' }],
      ['POST', '/points', { ids: [UUID] }],
      ['GET', `/points/${UUID}`],
      ['PUT', '/points', { points: [{ id: 1, vector }] }],
      ['PUT', '/points/vectors', { points: [{ id: 1, vector }] }],
      ['POST', '/points/payload', { payload: { user_id: 'u2' }, filter: {} }],
      ['PUT', '/points/payload', { payload: { user_id: 'u2' }, filter: {} }],
      ['POST', '/points/payload/delete', { keys: ['user_id'], filter: {} }],
      ['POST', '/points/payload/clear', { filter: {} }],
      ['POST', '/points/batch', { operations: [{ delete: { filter: {} } }] }],
      ['POST', '/points/delete', { filter: {} }],
      ['DELETE', ''],
    ];
    const asked = async (name: string) => {
      const answers = [];
      for (const [method, route, body] of steps) {
        const { status, json } = await dialect(method, `/collections/${name}${route}`, body);
        answers.push({ method, route, status, error: (json['status'] as { error: string }).error });
      }
      return answers;
    };
    const answers = await asked('@memories');
    expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
    expect(answers[0]?.error).toMatch(/^Wrong input: .*begins with "@"/);
    expect(await asked('@none')).toEqual(answers);
    expect(await asked('%40memories')).toEqual(answers);
    expect((await dialect('GET', '/collections')).text).not.toContain('@');
    const query = { user_id: 'u1', query: 'Which city is my home?' };
    const found = await api('/v1/memories/search', { key: server.rootKey, body: query });
    expect(found.json).toMatchObject({ results: [{ content: memory.content }] });
  });

  it.each([
    [
      'multivector',
      'PUT',
      '/collections/n',
      { vectors: { size: 2, distance: 'Dot', multivector_config: { comparator: 'max_sim' } } },
    ],
    ['uint8', 'PUT', '/collections/n', { vectors: { size: 2, distance: 'Dot', datatype: 'uint8' } }],
    ['phrase', 'POST', '/collections/order/points/count', { filter: { must: { key: 'a', match: { phrase: 'b c' } } } }],
    [
      'best_score',
      'POST',
      '/collections/order/points/query',
      { query: { recommend: { positive: [2], strategy: 'best_score' } } },
    ],
    ['order_by', 'POST', '/collections/order/points/scroll', { order_by: 'a' }],
    ['discover', 'POST', '/collections/order/points/query', { query: { discover: { target: 2, context: [] } } }],
    ['lookup_from', 'POST', '/collections/order/points/query', { query: 2, lookup_from: { collection: 'c' } }],
    ['prefetches', 'POST', '/collections/order/points/query', { query: 2, prefetch: new Array(40).fill({ query: 2 }) }],
    ['with_lookup', 'POST', '/collections/order/points/query/groups', { query: 2, group_by: 'a', with_lookup: 'c' }],
    [
      'update_mode',
      'PUT',
      '/collections/order/points',
      { points: [{ id: 1, vector: [1, 1] }], update_mode: 'insert_only' },
    ],
    [
      '2^53',
      'PUT',
      '/collections/order/points',
      `{"points":[{"id":1,"vector":[1,1],"payload":{"n":9007199254740993}}]}`,
    ],
    [
      'update_filter',
      'PUT',
      '/collections/order/points/vectors',
      { points: [{ id: 2, vector: [3, 3] }], update_filter: { must: [{ has_id: [1] }] } },
    ],
    [
      'out of range',
      'POST',
      '/collections/order/points/delete',
      '{"filter":{"must":[{"key":"a","range":{"lt":1e999}}]}}',
    ],
    ['32 steps', 'POST', '/collections/order/points/count', { filter: { must: { is_empty: { key: LONG_KEY } } } }],
    ['32 steps', 'POST', '/collections/order/points/payload', { payload: { a: 1 }, key: LONG_KEY, points: [2] }],
    ['100 keys', 'POST', '/collections/order/points/scroll', { with_payload: new Array(101).fill('a') }],
    [
      '1000 keys',
      'POST',
      '/collections/order/points/payload/delete',
      { keys: new Array(1_001).fill('a'), points: [2] },
    ],
    ['100000 points', 'POST', '/collections/order/points/delete', { points: new Array(100_001).fill(1) }],
    ['100 examples', 'POST', '/collections/order/points/recommend', { positive: new Array(101).fill(2), limit: 1 }],
    ...[
      { stemmer: { type: 'snowball', language: 'english' } },
      { stopwords: 'english' },
      { ascii_folding: true },
      { tokenizer: 'prefix' },
      { lowercase: false },
    ].map((option): [string, string, string, object] => [
      Object.keys(option).join(),
      'PUT',
      '/collections/order/index',
      { field_name: 'a', field_schema: { type: 'text', ...option } },
    ]),
    ['"$"', 'PUT', '/collections/order/points', { points: [{ id: 1, vector: [1, 1], payload: { $set: 1 } }] }],
    ['collection name', 'PUT', '/collections/a b', { vectors: { size: 2, distance: 'Dot' } }],
    ['not valid JSON', 'PUT', '/collections/order/points', '{bad'],
  ])('refuses by name what it cannot do: %s', async (name, method, path, body) => {
    const { status, json } = await dialect(method, path, body);
    expect(status).toBe(400);
    expect((json['status'] as { error: string }).error).toContain(name);
  });

  it('answers an unknown route, and no less a route of ZeroDB, with 404', async () => {
    expect((await dialect('GET', '/v1/collections')).status).toBe(404);
    expect((await dialect('GET', '/collections/c/shards')).status).toBe(404);
    expect((await api('/collections', { key: server.rootKey })).status).toBe(404);
  });

  it('writes a log line for each request, with its project', () => {
    expect(server.logs()).toMatch(/"project":"default"[^\n]*"route":"\/collections\/:collection\/points\/scroll"/);
  });
});
