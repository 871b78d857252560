import type { Answer } from './http';

export type AskChroma = (method: string, path: string, body?: unknown) => Promise<Answer>;

export const DATABASE = '/tenants/default_tenant/databases/default_database';

interface Rows {
  readonly ids: readonly string[];
}

/** Little-endian float32 in base64, as the Python client sends embeddings. */
export const packed = (vector: readonly number[]): string =>
  Buffer.from(new Float32Array(vector).buffer).toString('base64');

/** What a client of Chroma does in its life, on any engine: each answer has the shape that the client reads. */
export const chromaWalk = async (chroma: AskChroma): Promise<void> => {
  const configuration = {
    hnsw: { space: 'cosine', ef_search: 50 },
    spann: null,
    embedding_function: { type: 'legacy' },
  };
  const made = await chroma('POST', `${DATABASE}/collections`, { name: 'walk', metadata: { a: 1 }, configuration });
  expect(made.json).toMatchObject({
    name: 'walk',
    metadata: { a: 1 },
    dimension: null,
    tenant: 'default_tenant',
    database: 'default_database',
    configuration_json: {
      hnsw: { space: 'cosine', ef_search: 50 },
      spann: null,
      embedding_function: { type: 'legacy' },
    },
  });
  const path = `${DATABASE}/collections/${String(made.json['id'])}`;
  const wanted = { include: ['distances', 'documents', 'metadatas', 'uris'] };
  const nearest = async (more: object = {}): Promise<Answer['json']> =>
    (await chroma('POST', `${path}/query`, { query_embeddings: [[1, 0]], ...wanted, ...more })).json;
  expect(await nearest()).toMatchObject({ ids: [[]], distances: [[]], embeddings: null });
  const records = {
    ids: ['a', 'b', 'c'],
    embeddings: [packed([1, 0]), [1, 1], packed([0, 2])],
    documents: ['the quick brown fox', 'a lazy dog', null],
    metadatas: [{ n: 1, tags: ['x'] }, { n: 2.5, gone: null }, null],
    uris: [null, null, 'file:///c'],
  };
  expect((await chroma('POST', `${path}/add`, records)).status).toBe(200);
  expect(await nearest()).toMatchObject({
    ids: [['a', 'b', 'c']],
    documents: [['the quick brown fox', 'a lazy dog', null]],
    metadatas: [[{ n: 1, tags: ['x'] }, { n: 2.5 }, null]],
    uris: [[null, null, 'file:///c']],
    include: wanted.include,
  });
  const [distances = []] = (await nearest())['distances'] as number[][];
  expect(distances.map((distance) => Number(distance.toFixed(6)))).toEqual([0, 0.292893, 1]);
  expect(await nearest({ n_results: 1, where: { n: { $gt: 1 } } })).toMatchObject({ ids: [['b']] });
  expect(await nearest({ where_document: { $contains: 'quick b' } })).toMatchObject({ ids: [['a']] });
  expect(await nearest({ ids: ['c', 'b'] })).toMatchObject({ ids: [['b', 'c']] });
  await chroma('POST', `${path}/add`, {
    ids: ['a', 'd'],
    embeddings: [
      [5, 5],
      [0, 1],
    ],
    documents: ['never', 'new'],
  });
  await chroma('POST', `${path}/update`, { ids: ['b', 'nobody'], metadatas: [{ n: null, m: true }, { m: true }] });
  await chroma('POST', `${path}/upsert`, {
    ids: ['c', 'e'],
    embeddings: [
      [1, 2],
      [3, 4],
    ],
    documents: ['see', 'eh'],
  });
  const all = { ids: null, where: null, limit: null, offset: null, where_document: null };
  const include = ['embeddings', 'documents', 'metadatas'];
  expect((await chroma('POST', `${path}/get`, { ...all, include })).json).toEqual({
    ids: ['a', 'b', 'c', 'd', 'e'],
    embeddings: [
      [1, 0],
      [1, 1],
      [1, 2],
      [0, 1],
      [3, 4],
    ],
    documents: ['the quick brown fox', 'a lazy dog', 'see', 'new', 'eh'],
    metadatas: [{ n: 1, tags: ['x'] }, { m: true }, null, null, null],
    uris: null,
    include,
  });
  expect((await chroma('GET', `${path}/count?read_level=index_and_wal`)).text).toBe('5');
  const page = await chroma('POST', `${path}/get`, { limit: 2, offset: 1, include: [] });
  expect((page.json as unknown as Rows).ids).toEqual(['b', 'c']);
  expect((await chroma('POST', `${path}/delete`, { where: { m: true } })).json).toEqual({ deleted: 1 });
  expect((await chroma('POST', `${path}/delete`, { ids: ['e', 'nobody'] })).json).toEqual({ deleted: 1 });
  expect((await chroma('PUT', path, { new_name: 'walked', new_metadata: { b: 2 } })).json).toEqual({});
  expect((await chroma('GET', `${DATABASE}/collections/walked`)).json).toMatchObject({
    metadata: { b: 2 },
    dimension: 2,
  });
  expect((await chroma('GET', `${DATABASE}/collections_count`)).text).toBe('1');
  expect((await chroma('DELETE', `${DATABASE}/collections/walked`)).json).toEqual({});
  expect((await chroma('GET', `${DATABASE}/collections/walked`)).json).toEqual({
    error: 'NotFoundError',
    message: 'Collection [walked] does not exist',
  });
};
