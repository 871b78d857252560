import { chromaWalk, DATABASE, packed } from '../support/chroma-walk';
import { clientOf, type Answer, type CreatedKey } from '../support/http';
import { startServer, type TestServer } from '../support/server';

interface Rows {
  readonly ids: string[];
}

/** The product on its embedded engine, asked as Chroma's clients ask. */
describe("Chroma's dialect", () => {
  let server: TestServer;
  let own: ReturnType<typeof clientOf>;

  const chroma = async (method: string, path: string, body?: unknown, key = server.rootKey): Promise<Answer> =>
    await own(`/chroma/api/v2${path}`, { method, body, headers: { 'x-chroma-token': key } });
  const created = async (name: string, more: object = {}, database = DATABASE): Promise<string> => {
    const { json } = await chroma('POST', `${database}/collections`, { name, ...more });
    return `${database}/collections/${String(json['id'])}`;
  };
  const idsBy = async (path: string, selection: object): Promise<string[]> => {
    const { json } = await chroma('POST', `${path}/get`, { ...selection, include: [] });
    return (json as unknown as Rows).ids;
  };

  beforeAll(async () => {
    server = await startServer();
    own = clientOf(server.url);
  });
  afterAll(async () => await server.stop());

  it('says who and what it is', async () => {
    const beat = await own('/chroma/api/v2/heartbeat');
    expect(beat.json['nanosecond heartbeat']).toBeGreaterThan(1.7e18);
    expect((await own('/chroma/api/v2')).json).toHaveProperty(['nanosecond heartbeat']);
    expect((await own('/api/v2/heartbeat')).status).toBe(200);
    expect((await own('/chroma/api/v2/version')).text).toMatch(/^"\d+\.\d+\.\d+"$/);
    const checks = await own('/chroma/api/v2/pre-flight-checks');
    expect(checks.json).toEqual({ max_batch_size: 10_000, supports_base64_encoding: true });
    expect((await chroma('GET', '/auth/identity')).json).toEqual({ user_id: 'root', tenant: '*', databases: ['*'] });
    expect((await chroma('POST', '/reset')).json).toMatchObject({ error: 'AuthError' });
  });

  it('serves what a client does in its life', async () => {
    await chromaWalk(chroma);
  });

  it.each([
    ['l2', { configuration: { hnsw: { space: 'l2' } } }, [1, 8]],
    ['cosine', { metadata: { 'hnsw:space': 'cosine' } }, [0, 0.292893]],
    [
      'ip',
      { schema: { keys: { '#embedding': { float_list: { vector_index: { config: { space: 'ip' } } } } } } },
      [-2, -1],
    ],
  ])('measures %s as Chroma does', async (space, more, expected) => {
    const path = await created(`space-${space}`, more);
    await chroma('POST', `${path}/add`, { ids: ['a', 'b'], embeddings: [[1, 0], space === 'l2' ? [-1, 3] : [1, 1]] });
    const query = { query_embeddings: [space === 'l2' ? [1, 1] : space === 'ip' ? [3, -1] : [1, 0]] };
    const answer = await chroma('POST', `${path}/query`, query);
    const [distances = []] = answer.json['distances'] as number[][];
    expect(distances.map((each) => Number(each.toFixed(6)))).toEqual(expected);
  });

  it('writes vectors and distances as floats', async () => {
    const path = await created('floats');
    await chroma('POST', `${path}/add`, { ids: ['a'], embeddings: [[1, -0.1]] });
    const { text } = await chroma('POST', `${path}/get`, { include: ['embeddings'] });
    expect(text).toContain('"embeddings":[[1.0,-0.1]]');
    const found = await chroma('POST', `${path}/query`, { query_embeddings: [packed([1, -0.1])] });
    expect(found.text).toContain('"distances":[[0.0]]');
  });

  it('selects by where and where_document', async () => {
    const path = await created('selected');
    await chroma('POST', `${path}/add`, {
      ids: ['a', 'b', 'c', 'd'],
      embeddings: [
        [1, 0],
        [0, 1],
        [1, 1],
        [2, 1],
      ],
      documents: ['Über 100% sure', 'over the_moon', 'THE moon', null],
      metadatas: [{ n: 1, s: 'x', 'a.b': 1 }, { n: 2, s: 'y', ok: true }, { n: 2.5, l: ['p', 'q'] }, { s: '1' }],
    });
    const cases: [object, string[]][] = [
      [{ where: { n: 2 } }, ['b']],
      [{ where: { n: { $eq: 2.5 } } }, ['c']],
      [{ where: { n: { $ne: 2 } } }, ['a', 'c', 'd']],
      [{ where: { n: { $gt: 1 } } }, ['b', 'c']],
      [{ where: { n: { $gte: 1, $lt: 2 } } }, ['a']],
      [{ where: { s: { $in: ['x', '1'] } } }, ['a', 'd']],
      [{ where: { s: { $nin: ['x', 'y'] } } }, ['c', 'd']],
      [{ where: { ok: true } }, ['b']],
      [{ where: { 'a.b': 1 } }, ['a']],
      [{ where: { l: { $contains: 'q' } } }, ['c']],
      [{ where: { l: { $not_contains: 'q' } } }, ['a', 'b', 'd']],
      [{ where: { $or: [{ n: 1 }, { $and: [{ n: 2 }, { ok: true }] }] } }, ['a', 'b']],
      [{ where: { s: { $eq: 'x' }, n: 1 } }, ['a']],
      [{ where: {}, where_document: {} }, ['a', 'b', 'c', 'd']],
      [{ where_document: { $contains: '100% s' } }, ['a']],
      [{ where_document: { $contains: 'e_m' } }, ['b']],
      [{ where_document: { $contains: 'the' } }, ['b']],
      [{ where_document: { $contains: 'Über' } }, ['a']],
      [{ where_document: { $not_contains: 'moon' } }, ['a', 'd']],
      [{ where_document: { $or: [{ $contains: 'sure' }, { $contains: 'THE' }] } }, ['a', 'c']],
      [{ where: { n: { $gte: 2 } }, where_document: { $contains: 'moon' }, ids: ['c', 'a'] }, ['c']],
    ];
    for (const [selection, expected] of cases) {
      expect({ selection, ids: await idsBy(path, selection) }).toEqual({ selection, ids: expected });
      const query = { query_embeddings: [[1, 1]], ...selection };
      const { json } = await chroma('POST', `${path}/query`, query);
      expect({ selection, ids: (json['ids'] as string[][])[0]?.sort() }).toEqual({ selection, ids: expected });
    }
    expect((await chroma('POST', `${path}/delete`, { where: { n: { $gte: 1 } }, limit: 2 })).json).toEqual({
      deleted: 2,
    });
    expect(await idsBy(path, {})).toEqual(['c', 'd']);
  });

  it('is a collection of ZeroDB, of the same name where that is free', async () => {
    await own('/v1/collections/taken', { method: 'PUT', key: server.rootKey, body: { dimension: 3 } });
    for (const name of ['shared', 'taken']) {
      const path = await created(name);
      await chroma('POST', `${path}/add`, {
        ids: ['1'],
        embeddings: [[3, 4]],
        documents: ['d'],
        metadatas: [{ a: 1 }],
      });
    }
    const { json } = await own('/v1/collections/shared/records/1', { key: server.rootKey });
    expect(json).toMatchObject({ id: '1', vector: [3, 4], text: 'd', metadata: { a: 1 } });
    const taken = await own('/v1/collections/taken', { key: server.rootKey });
    expect(taken.json).toMatchObject({ dimension: 3 });
    await own('/v1/collections/shared', { method: 'DELETE', key: server.rootKey });
    const path = `${DATABASE}/collections/${String((await chroma('GET', `${DATABASE}/collections/shared`)).json['id'])}`;
    expect((await chroma('GET', `${path}/count`)).status).toBe(404);
    expect((await chroma('POST', `${path}/add`, { ids: ['2'], embeddings: [[1]] })).status).toBe(400);
    expect((await chroma('POST', `${path}/add`, { ids: ['2'], embeddings: [[1, 2]] })).status).toBe(200);
    expect(await idsBy(path, {})).toEqual(['2']);
    expect((await own('/v1/collections/shared', { key: server.rootKey })).json).toMatchObject({ dimension: 2 });
    expect((await chroma('DELETE', `${DATABASE}/collections/shared`)).status).toBe(200);
    for (const name of ['taken']) await chroma('DELETE', `${DATABASE}/collections/${name}`);
    expect((await own('/v1/collections/taken', { key: server.rootKey })).status).toBe(200);
  });

  it('makes one collection for many who begin at once, and keeps the first length', async () => {
    const names = await Promise.all(Array.from({ length: 6 }, () => created('race', { get_or_create: true })));
    expect(new Set(names).size).toBe(1);
    const [path = ''] = names;
    const adds = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        chroma('POST', `${path}/add`, {
          ids: [`r${index}`],
          embeddings: [Array.from({ length: 2 + (index % 2) }, () => 1)],
        }),
      ),
    );
    const stored = adds.filter(({ status }) => status === 200).length;
    expect(stored).toBe(3);
    expect(adds.every(({ status }) => status === 200 || status === 400)).toBe(true);
    expect((await chroma('GET', `${path}/count`)).text).toBe('3');
    const same = await Promise.all(
      Array.from({ length: 6 }, (_, index) => {
        const vector = Array.from({ length: adds[0]?.status === 200 ? 2 : 3 }, () => index);
        return chroma('POST', `${path}/add`, { ids: ['one'], embeddings: [vector], documents: [`${index}`] });
      }),
    );
    expect(same.every(({ status }) => status === 200)).toBe(true);
    expect((await chroma('GET', `${path}/count`)).text).toBe('4');
  });

  it('keeps tenants and databases apart', async () => {
    const ask = async (method: string, path: string, body?: unknown) => (await chroma(method, path, body)).status;
    expect(await ask('GET', '/tenants/acme')).toBe(404);
    expect(await ask('POST', '/tenants/acme/databases', { name: 'prod' })).toBe(404);
    expect(await ask('POST', '/tenants', { name: 'acme' })).toBe(200);
    expect(await ask('POST', '/tenants', { name: 'acme' })).toBe(409);
    expect(await ask('POST', '/tenants', { name: 'default_tenant' })).toBe(409);
    expect(await ask('POST', '/tenants/acme/databases', { name: 'prod' })).toBe(200);
    expect(await ask('POST', '/tenants/acme/databases', { name: 'prod' })).toBe(409);
    expect((await chroma('GET', '/tenants/acme/databases')).json).toMatchObject([{ name: 'prod', tenant: 'acme' }]);
    expect((await chroma('GET', DATABASE)).json).toMatchObject({ name: 'default_database', tenant: 'default_tenant' });
    const prod = '/tenants/acme/databases/prod';
    const there = await created('apart', {}, prod);
    const here = await created('apart');
    await chroma('POST', `${there}/add`, { ids: ['x'], embeddings: [[1]] });
    expect((await chroma('GET', `${here}/count`)).text).toBe('0');
    expect(await ask('GET', `${DATABASE}/collections/${there.split('/').at(-1) ?? ''}/count`)).toBe(404);
    expect(await ask('POST', '/tenants/acme/databases/none/collections', { name: 'abc' })).toBe(404);
    expect(await ask('DELETE', DATABASE)).toBe(400);
    expect(await ask('DELETE', prod)).toBe(200);
    expect(await ask('GET', `${prod}/collections`)).toBe(404);
    expect(await ask('GET', `${there}/count`)).toBe(404);
  });

  it('refuses bad input, and changes nothing', async () => {
    const path = await created('strict');
    await chroma('POST', `${path}/add`, { ids: ['a'], embeddings: [[1, 2]], metadatas: [{ n: 1 }] });
    const cases: [string, unknown, number][] = [
      ['add', { ids: ['b'], embeddings: [[1]] }, 400],
      ['add', { ids: ['b', 'c'], embeddings: [[1, 2]] }, 400],
      [
        'add',
        {
          ids: ['b', 'b'],
          embeddings: [
            [1, 2],
            [1, 2],
          ],
        },
        400,
      ],
      [
        'add',
        {
          ids: ['b', 'c'],
          embeddings: [
            [1, 2],
            [1, 2, 3],
          ],
        },
        400,
      ],
      ['add', { ids: ['b'], embeddings: ['nope'] }, 400],
      ['add', { ids: ['b'], documents: ['no vector'] }, 400],
      ['add', { ids: [''], embeddings: [[1, 2]] }, 400],
      ['add', { ids: [], embeddings: [] }, 400],
      ['add', { ids: ['b'], embeddings: [[1, 2]], metadatas: [{ a: { '#type': 'sparse_vector' } }] }, 501],
      ['add', { ids: ['b'], embeddings: [[1, 2]], metadatas: [{ a: [] }] }, 400],
      ['add', { ids: ['b'], embeddings: [[1, 2]], metadatas: [{ $a: 1 }] }, 400],
      ['add', { ids: ['b'], embeddings: [[1, 2]], metadatas: [{ a: 2 ** 60 }] }, 400],
      ['update', { ids: ['a'], embeddings: [[1]] }, 400],
      ['update', { ids: ['a', 'x'], metadatas: [{ n: 2 }, { $b: 1 }] }, 400],
      ['upsert', { ids: ['a'] }, 400],
      ['query', { query_embeddings: [[1]] }, 400],
      ['query', { query_embeddings: [] }, 400],
      ['query', { query_embeddings: [[1, 2]], n_results: 0 }, 400],
      ['query', { query_embeddings: [[1, 2]], where: { n: { $near: 1 } } }, 400],
      ['query', { query_embeddings: [[1, 2]], where: { $and: [] } }, 400],
      ['query', { query_embeddings: [[1, 2]], where: { n: { $gt: 'a' } } }, 400],
      ['query', { query_embeddings: [[1, 2]], where: { n: { $in: [1, 'a'] } } }, 400],
      ['query', { query_embeddings: [[1, 2]], where_document: { $contains: '' } }, 400],
      ['get', { where_document: { $regex: '(a+)+$' } }, 501],
      ['get', { include: ['everything'] }, 400],
      ['get', { limit: -1 }, 400],
      ['delete', {}, 400],
      ['delete', { where: { n: {} } }, 400],
      ['search', { searches: [] }, 501],
      ['fork', { new_name: 'forked' }, 501],
    ];
    for (const [route, body, status] of cases) {
      const answer = await chroma('POST', `${path}/${route}`, body);
      expect({ route, body, status: answer.status }).toEqual({ route, body, status });
      expect(answer.json).toEqual({ error: expect.any(String) as string, message: expect.any(String) as string });
    }
    const { json } = await chroma('POST', `${path}/get`, { include: ['embeddings', 'metadatas'] });
    expect(json).toMatchObject({ ids: ['a'], embeddings: [[1, 2]], metadatas: [{ n: 1 }] });
    for (const name of ['ab', '-abc', 'a b c', 'x'.repeat(513)]) {
      expect((await chroma('POST', `${DATABASE}/collections`, { name })).status).toBe(400);
    }
    const wrong = { name: 'wrong', configuration: { hnsw: { space: 'manhattan' } } };
    expect((await chroma('POST', `${DATABASE}/collections`, wrong)).status).toBe(400);
    expect((await chroma('POST', `${DATABASE}/collections`, { name: 'strict' })).json['error']).toBe(
      'UniqueConstraintError',
    );
    expect((await chroma('PUT', path, { new_name: 'floats' })).status).toBe(409);
    expect((await chroma('GET', `${DATABASE}/collections/not-a-uuid/count`)).status).toBe(400);
    const nothing = await chroma('GET', '/nothing');
    expect(nothing.json['error']).toBe('NotFoundError');
    expect(nothing.headers.get('chroma-trace-id')).toBe(nothing.headers.get('x-request-id'));
    // A first add that is refused makes no collection of a length.
    const fresh = await created('fresh');
    expect((await chroma('POST', `${fresh}/add`, { ids: ['a', 'b'], embeddings: [[1], [1, 2]] })).status).toBe(400);
    expect((await chroma('POST', `${fresh}/add`, { ids: ['a'], embeddings: [[1, 2, 3]] })).status).toBe(200);
  });

  it('returns no more than fits into an answer', async () => {
    const path = await created('many');
    const ids = Array.from({ length: 10_000 }, (_, index) => `id-${index}`);
    await chroma('POST', `${path}/add`, { ids, embeddings: ids.map((_, index) => [1, index]) });
    await chroma('POST', `${path}/add`, { ids: ['one-more'], embeddings: [[1, 1]], documents: ['more'] });
    expect((await chroma('POST', `${path}/get`, {})).status).toBe(400);
    expect((await idsBy(path, { limit: 10_000 })).length).toBe(10_000);
    expect((await idsBy(path, { offset: 9_999 })).length).toBe(2);
    const query = { query_embeddings: [[1, 1]], n_results: 20_000, include: [] };
    expect((await chroma('POST', `${path}/query`, query)).status).toBe(400);
    const many = { query_embeddings: [[1, 1]], n_results: 1_500, include: ['documents', 'distances'] };
    const { json } = await chroma('POST', `${path}/query`, many);
    expect((json['ids'] as string[][])[0]).toHaveLength(1_500);
    const [documents = []] = json['documents'] as string[][];
    expect(documents.slice(0, 3).sort()).toEqual(['more', null, null]);
    await chroma('POST', `${path}/delete`, { ids: ids.slice(10) });
    const found = await chroma('POST', `${path}/query`, query);
    expect((found.json['ids'] as string[][])[0]).toHaveLength(11);
  });

  it('asks for a key, and for the role that a request needs; tenants of ZeroDB see nothing of each other', async () => {
    expect((await own(`/chroma/api/v2${DATABASE}/collections`)).json).toMatchObject({ error: 'AuthError' });
    const made = await own('/v1/keys', { key: server.rootKey, body: { name: 'reader', role: 'read' } });
    const { key } = made.json as unknown as CreatedKey;
    expect((await chroma('GET', `${DATABASE}/collections`, undefined, key)).status).toBe(200);
    expect((await chroma('POST', `${DATABASE}/collections`, { name: 'denied' }, key)).status).toBe(403);
    const bearer = await own(`/chroma/api/v2${DATABASE}/collections_count`, { key });
    expect(bearer.status).toBe(200);
    await own('/v1/projects', { key: server.rootKey, body: { name: 'chroma-other' } });
    const other = await own('/v1/keys', {
      key: server.rootKey,
      headers: { 'zerodb-project': 'chroma-other' },
      body: { name: 'k', role: 'write' },
    });
    const stranger = (other.json as unknown as CreatedKey).key;
    const path = await created('private');
    expect((await chroma('GET', `${DATABASE}/collections`, undefined, stranger)).json).toEqual([]);
    expect((await chroma('GET', `${path}/count`, undefined, stranger)).status).toBe(404);
    await chroma('POST', `${DATABASE}/collections`, { name: 'theirs' }, stranger);
    expect((await own('/v1/projects/chroma-other', { method: 'DELETE', key: server.rootKey })).status).toBeLessThan(
      300,
    );
  });
});
