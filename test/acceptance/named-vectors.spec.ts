import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { clientOf, type Request } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const SHAPES = {
  dimension: 2,
  metric: 'euclid',
  vectors: { title: { dimension: 3 }, pages: { dimension: 2, metric: 'dot', kind: 'multi' } },
  sparse_vectors: { terms: { modifier: 'idf' }, plain: {} },
};

interface Found {
  readonly results: { readonly id: string; readonly score: number; readonly vectors?: unknown }[];
  readonly served_by: string;
}

const blocksOf = (page: string): string[] =>
  [...readFileSync(path.resolve('docs', page), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
    ([, block = '']) => block,
  );

/** Vectors by name, sparse ones and lists of vectors are parts of a record, in the API itself. */
describe('vectors with names', () => {
  let server: TestServer;
  let send: ReturnType<typeof clientOf>;
  const root = () => ({ key: server.rootKey });
  const call = async (method: string, target: string, request: Request) => await send(target, { method, ...request });

  const upsert = async (records: unknown[], collection = 'c') =>
    await call('PUT', `/v1/collections/${collection}/records`, { ...root(), body: { records } });
  const search = async (body: Record<string, unknown>, collection = 'c') =>
    await call('POST', `/v1/collections/${collection}/search`, { ...root(), body });
  const found = async (body: Record<string, unknown>) => {
    const { status, json } = await search(body);
    expect({ status, json }).toMatchObject({ status: 200 });
    return (json as unknown as Found).results.map(({ id, score }) => [id, Number(score.toFixed(4))]);
  };
  const get = async (id: string) => (await call('GET', `/v1/collections/c/records/${id}`, root())).json;

  beforeAll(async () => {
    server = await startServer();
    send = clientOf(server.url);
    const made = await call('PUT', '/v1/collections/c', { ...root(), body: SHAPES });
    expect(made.status).toBe(201);
    const stored = await upsert([
      {
        id: 'a',
        vector: [1, 0],
        vectors: {
          title: [1, 0, 0],
          pages: [
            [1, 0],
            [0, 1],
          ],
          terms: { indices: [4_294_967_295, 7], values: [1, 2] },
          plain: { indices: [1], values: [-0.5] },
        },
        metadata: { n: 1 },
      },
      {
        id: 'b',
        vector: [0, 1],
        vectors: { title: [1, 1, 0], terms: { indices: [7], values: [1] } },
        metadata: { n: 2 },
      },
      { id: 'c', vectors: { pages: [[3, 3]], plain: { indices: [1, 2], values: [1, 1] } }, metadata: { n: 3 } },
      { id: 'd', vector: [5, 5] },
    ]);
    expect(stored.status).toBe(200);
  });
  afterAll(async () => await server.stop());

  it('are as docs/vectors.md shows them', async () => {
    const [helper = ''] = blocksOf('collections.md');
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    const script = ['set -e', helper, ...blocksOf('vectors.md')].join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    const answers = JSON.parse(`[${stdout.replaceAll('}{', '},{')}]`) as Partial<Found>[];
    expect(answers.flatMap(({ results }) => (results ? [results.map(({ id }) => id)] : []))).toEqual([
      ['heron'],
      ['heron'],
      ['heron', 'otter'],
      ['heron'],
    ]);
  });

  it('are declared with the collection, and shown with it', async () => {
    const { json } = await call('GET', '/v1/collections/c', root());
    expect(json).toMatchObject({
      dimension: 2,
      vectors: {
        title: { dimension: 3, metric: 'cosine', kind: 'dense' },
        pages: { dimension: 2, metric: 'dot', kind: 'multi' },
      },
      sparse_vectors: { terms: { modifier: 'idf' }, plain: {} },
    });
    expect((await call('PUT', '/v1/collections/c', { ...root(), body: SHAPES })).status).toBe(200);
    const other = { ...SHAPES, sparse_vectors: { terms: {} } };
    expect((await call('PUT', '/v1/collections/c', { ...root(), body: other })).status).toBe(409);
  });

  it('come back with the record as they were sent, sparse ones by index', async () => {
    expect(await get('a')).toMatchObject({
      vector: [1, 0],
      vectors: {
        title: [1, 0, 0],
        pages: [
          [1, 0],
          [0, 1],
        ],
        terms: { indices: [7, 4_294_967_295], values: [2, 1] },
        plain: { indices: [1], values: [-0.5] },
      },
    });
    const record = await get('c');
    expect(record).not.toHaveProperty('vector');
    expect(await get('d')).not.toHaveProperty('vectors');
    const lean = await call('GET', '/v1/collections/c/records/a?include=metadata', root());
    expect(lean.json).not.toHaveProperty('vectors');
    const packed = await call('GET', '/v1/collections/c/records/a?include=vectors&vector_format=base64', root());
    const base64 = (values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');
    expect(packed.json['vectors']).toMatchObject({
      title: base64([1, 0, 0]),
      pages: [base64([1, 0]), base64([0, 1])],
      plain: { indices: [1] },
    });
  });

  it.each([
    [
      'a vector of numbers',
      { query: { vector: [1, 0, 0] }, using: 'title' },
      [
        ['a', 1],
        ['b', 0.7071],
      ],
    ],
    ['the id of a record, which is left out', { query: { id: 'a' }, using: 'title' }, [['b', 0.7071]]],
    [
      'a list of vectors',
      {
        query: {
          vector: [
            [1, 0],
            [0, 2],
          ],
        },
        using: 'pages',
      },
      [
        ['c', 9],
        ['a', 3],
      ],
    ],
    [
      'one vector where records have lists',
      { query: { vector: [1, 0] }, using: 'pages' },
      [
        ['c', 3],
        ['a', 1],
      ],
    ],
    [
      'a sparse vector',
      { query: { sparse: { indices: [1, 9], values: [2, 1] } }, using: 'plain' },
      [
        ['c', 2],
        ['a', -1],
      ],
    ],
    [
      'a sparse one by how rare its entries are',
      { query: { sparse: { indices: [4_294_967_295, 7], values: [1, 1] } }, using: 'terms' },
      [
        ['a', 1.0578],
        ['b', 0.1823],
      ],
    ],
    ['a filter', { query: { vector: [1, 0] }, using: 'pages', filter: { n: { $lt: 3 } } }, [['a', 1]]],
    ['a threshold', { query: { vector: [1, 0, 0] }, using: 'title', score_threshold: 0.8 }, [['a', 1]]],
    ['a limit', { query: { vector: [1, 0] }, using: 'pages', limit: 1 }, [['c', 3]]],
    [
      'no name: those without one',
      { query: { vector: [0, 0] } },
      [
        ['a', 1],
        ['b', 1],
        ['d', 7.0711],
      ],
    ],
  ])('are searched by %s', async (_, body, expected) => {
    expect(await found(body as Record<string, unknown>)).toEqual(expected);
  });

  it('are ranked by Postgres, as the answer says, and shown where they are asked for', async () => {
    const { json } = await search({ query: { vector: [1, 0, 0] }, using: 'title', include: ['vectors'] });
    const { served_by, results } = json as unknown as Found;
    expect(served_by).toBe('pgvector');
    expect(results[1]?.vectors).toEqual({ title: [1, 1, 0], terms: { indices: [7], values: [1] } });
    const batch = { searches: [{ query: { id: 'b' }, using: 'terms' }, { query: { vector: [1, 1] } }] };
    const answers = (await call('POST', '/v1/collections/c/search/batch', { ...root(), body: batch })).json;
    expect((answers['results'] as Found[]).map(({ results: [best] }) => best?.id)).toEqual(['a', 'a']);
  });

  it('are read for what groups and a choice of unlike ones show, not for what these look through', async () => {
    const asked = { query: { vector: [1, 0] }, include: ['vectors'] };
    const groups = { ...asked, group_by: 'n', groups: 10, group_size: 2 };
    const grouped = await call('POST', '/v1/collections/c/groups', { ...root(), body: groups });
    const found = grouped.json['groups'] as { value: number; results: { id: string; vectors: unknown }[] }[];
    expect(found.map(({ results: [best] }) => best?.id)).toEqual(['a', 'b']);
    expect(found[1]?.results[0]?.vectors).toEqual({ title: [1, 1, 0], terms: { indices: [7], values: [1] } });
    const choice = { ...asked, limit: 2, candidates: 1_000 };
    const unlike = await call('POST', '/v1/collections/c/diversify', { ...root(), body: choice });
    expect({ status: unlike.status, json: unlike.json }).toMatchObject({
      status: 200,
      json: { results: [{ id: 'a', vectors: { title: [1, 0, 0] } }, {}] },
    });
    const many = await call('POST', '/v1/collections/c/groups', { ...root(), body: { ...groups, groups: 100 } });
    expect(many.status).toBe(422);
  });

  it('are bounded in one call', async () => {
    const row = Buffer.alloc(8, 1).toString('base64');
    const pages = new Array(101_000).fill(row);
    const records = Array.from({ length: 20 }, (_, index) => ({ id: `long-${index}`, vectors: { pages } }));
    expect((await upsert(records)).status).toBe(413);
  });

  it('are changed by name: set, removed by null, the others stay', async () => {
    await upsert([{ id: 'p', vector: [9, 9], vectors: { title: [0, 0, 1], plain: { indices: [3], values: [1] } } }]);
    const patch = async (body: unknown) => await call('PATCH', '/v1/collections/c/records/p', { ...root(), body });
    const changed = await patch({ vectors: { title: [0.1, 1, 0], plain: null } });
    expect(changed.json).toMatchObject({ vector: [9, 9], vectors: { title: [0.1, 1, 0] } });
    expect(changed.json['vectors']).not.toHaveProperty('plain');
    expect((await patch({ vectors: { title: [0.1, 1, 0] } })).json['version']).toBe(changed.json['version']);
    expect((await patch({ metadata: { n: 9 } })).json).toMatchObject({ vectors: { title: [0.1, 1, 0] } });
    expect((await patch({ vector: null })).json).not.toHaveProperty('vector');
    expect(await found({ query: { vector: [9, 9] }, limit: 1 })).toEqual([['d', 5.6569]]);
    await upsert([{ id: 'p', vector: [9, 9] }]);
    expect(await get('p')).not.toHaveProperty('vectors');
    await call('DELETE', '/v1/collections/c/records/p', root());
  });

  it('leave by an export and come back by an import', async () => {
    const exported = await fetch(`${server.url}/v1/collections/c/export`, {
      headers: { authorization: `Bearer ${server.rootKey}` },
    });
    const lines = await exported.text();
    await call('PUT', '/v1/collections/d', { ...root(), body: SHAPES });
    const headers = { 'content-type': 'application/x-ndjson' };
    const report = await call('POST', '/v1/collections/d/import', { ...root(), headers, raw: lines });
    expect(report.json).toMatchObject({ imported: 4, failed: 0 });
    const records = async (name: string) => {
      const { json } = await call('GET', `/v1/collections/${name}/records?include=vector,vectors`, root());
      return (json['data'] as Record<string, unknown>[]).map(({ id, vector, vectors }) => ({ id, vector, vectors }));
    };
    expect(await records('d')).toEqual(await records('c'));
  });

  it.each([
    ['a name that is not declared', { vectors: { other: [1] } }, '/records/0/vectors/other'],
    ['another dimension', { vectors: { title: [1, 2] } }, '/records/0/vectors/title'],
    ['zeros under cosine', { vectors: { title: [0, 0, 0] } }, '/records/0/vectors/title'],
    ['a list where one is declared', { vectors: { title: [[1, 0, 0]] } }, '/records/0/vectors/title'],
    ['one where a list is declared', { vectors: { pages: [1, 0] } }, '/records/0/vectors/pages'],
    ['an empty list', { vectors: { pages: [] } }, '/records/0/vectors/pages'],
    ['a row of another dimension', { vectors: { pages: [[1, 0], [1]] } }, '/records/0/vectors/pages/1'],
    ['numbers where entries are declared', { vectors: { plain: [1] } }, '/records/0/vectors/plain'],
    ['entries of two lengths', { vectors: { plain: { indices: [1, 2], values: [1] } } }, '/records/0/vectors/plain'],
    ['an index twice', { vectors: { plain: { indices: [1, 1], values: [1, 2] } } }, '/records/0/vectors/plain/indices'],
    [
      'a value beyond 32 bits',
      { vectors: { plain: { indices: [1], values: [1e39] } } },
      '/records/0/vectors/plain/values/0',
    ],
    [
      'too many entries',
      { vectors: { plain: { indices: [...new Array(16_385).keys()], values: new Array(16_385).fill(1) } } },
      '/records/0/vectors/plain',
    ],
    ['too many numbers', { vectors: { pages: new Array(131_073).fill([1, 1]) } }, '/records/0/vectors'],
    ['nothing at all', {}, '/records/0'],
  ])('refuse %s, and nothing is stored', async (_, record, at) => {
    const { status, json } = await upsert([{ id: 'wrong', ...record }]);
    expect({ status, paths: (json['errors'] as { path: string }[]).map((error) => error.path) }).toEqual({
      status: 422,
      paths: [at],
    });
    expect((await call('GET', '/v1/collections/c/records/wrong', root())).status).toBe(404);
  });

  it.each([
    ['an index beyond 32 bits', { query: { sparse: { indices: [4_294_967_296], values: [1] } }, using: 'plain' }],
    ['a name that is not declared', { query: { vector: [1] }, using: 'other' }],
    ['a text', { query: { text: 'x' }, using: 'title' }],
    ['a keyword search', { query: { vector: [1, 0, 0] }, using: 'title', mode: 'keyword' }],
    ['a sparse vector without a name', { query: { sparse: { indices: [1], values: [1] } } }],
    ['a list of vectors without a name', { query: { vector: [[1, 0]] } }],
    ['a record without that vector', { query: { id: 'd' }, using: 'title' }],
    ['a record without a vector', { query: { id: 'c' } }],
    ['too many records with their vectors', { query: { vector: [1, 0] }, include: ['vectors'], limit: 1_000 }],
  ])('refuse a search by %s', async (_, body) => {
    expect((await search(body)).status).toBe(422);
  });

  it('may be all that a collection has', async () => {
    const body = { dimension: 0, sparse_vectors: { terms: {} } };
    const made = await call('PUT', '/v1/collections/sparse', { ...root(), body });
    expect(made.json).toMatchObject({ dimension: 0, embedding_model: null, vector_index: { type: 'flat' } });
    const record = { id: 'x', vectors: { terms: { indices: [1], values: [1] } } };
    expect((await upsert([record, { id: 'y', text: 'words alone' }], 'sparse')).status).toBe(200);
    expect((await upsert([{ id: 'z', vector: [1] }], 'sparse')).status).toBe(422);
    const { json } = await search(
      { query: record.vectors.terms && { sparse: record.vectors.terms }, using: 'terms' },
      'sparse',
    );
    expect((json as unknown as Found).results).toMatchObject([{ id: 'x', score: 1 }]);
    expect((await search({ query: { text: 'words' } }, 'sparse')).json).toMatchObject({ results: [{ id: 'y' }] });
    const indexed = { ...body, vector_index: { type: 'hnsw' } };
    expect((await call('PUT', '/v1/collections/other', { ...root(), body: indexed })).status).toBe(422);
  });

  it('may be none at all: such a record is found by everything but its vector', async () => {
    await call('PUT', '/v1/collections/bare', { ...root(), body: { dimension: 2 } });
    const records = [
      { id: 'a', vectors: {}, metadata: { n: 1 } },
      { id: 'b', vector: [1, 1] },
    ];
    expect((await upsert(records, 'bare')).status).toBe(200);
    expect((await upsert([{ id: 'c', metadata: {} }], 'bare')).status).toBe(422);
    for (const exact of [true, false]) {
      const { json } = await search({ query: { vector: [1, 0] }, exact, filter: {} }, 'bare');
      expect((json as unknown as Found).results.map(({ id }) => id)).toEqual(['b']);
    }
    expect((await search({ query: { id: 'a' } }, 'bare')).status).toBe(422);
    const counted = await call('POST', '/v1/collections/bare/records/count', { ...root(), body: { filter: { n: 1 } } });
    expect(counted.json).toMatchObject({ count: 1 });
    const words = { id: 'w', text: 'words', vectors: {} };
    expect((await upsert([words], 'bare')).status).toBe(200);
    const exported = await fetch(`${server.url}/v1/collections/bare/export`, {
      headers: { authorization: `Bearer ${server.rootKey}` },
    });
    const raw = await exported.text();
    await call('PUT', '/v1/collections/again', { ...root(), body: { dimension: 2 } });
    const headers = { 'content-type': 'application/x-ndjson' };
    const report = await call('POST', '/v1/collections/again/import', { ...root(), headers, raw });
    expect(report.json).toMatchObject({ imported: 3, failed: 0 });
    const cleared = await call('PATCH', '/v1/collections/bare/records/b', { ...root(), body: { vector: null } });
    expect(cleared.json).not.toHaveProperty('vector');
  });

  it('are not invited where the collection has none', async () => {
    await call('PUT', '/v1/collections/plain', { ...root(), body: { dimension: 2 } });
    expect((await upsert([{ id: 'a', vectors: { t: [1] } }], 'plain')).status).toBe(422);
    const both = { dimension: 2, vectors: { t: { dimension: 1 } }, sparse_vectors: { t: {} } };
    expect((await call('PUT', '/v1/collections/other', { ...root(), body: both })).status).toBe(422);
  });
});
