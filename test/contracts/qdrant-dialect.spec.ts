import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { seededRandom } from '../../src/common/seeded-random';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { askerOf, filters, normal, payloads, roughly, type Ask, type DialectAnswer } from '../support/qdrant-dialect';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { removeFromQdrant } from '../support/stack';

const { postgresUrl, qdrantUrl = '' } = services;
const DISTANCES = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] as const;
const SEED = 20_261_129;
const FILTERS = 1_500;
const BIG = 18_446_744_073_709_551_615n;
const UUIDS = ['550e8400-e29b-41d4-a716-446655440000', '0f8fad5b-d9cb-469f-a165-70867728950e'];

type Step = readonly [method: string, path: string, body?: unknown];

const titled = (steps: readonly Step[]) =>
  steps.map((step, index) => ({ step, title: `${index + 1}: ${step[0]} ${step[1]}` }));

/** The same requests to a stock Qdrant and to ZeroDB's dialect: the answers are equal after `normal`. */
describeWith(postgresUrl && qdrantUrl)("Qdrant's dialect beside Qdrant", () => {
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const nameOf = (distance: string): string => `${prefix}d-${distance}`;
  let database: TestDatabase;
  let server: TestServer;
  let stock: Ask;
  let dialect: Ask;

  const both = async (...step: Step): Promise<[DialectAnswer, DialectAnswer]> =>
    await Promise.all([stock(...step), dialect(...step)]);

  const same = async (...step: Step): Promise<void> => {
    const [theirs, ours] = await both(...step);
    expect({ step, status: ours.status, json: normal(ours.json) }).toEqual({
      step,
      status: theirs.status,
      json: normal(theirs.json),
    });
  };

  /** The same, as far as Qdrant itself has an order. */
  const alike = async (...step: Step): Promise<void> => {
    const [theirs, ours] = await both(...step);
    const seen = ({ status, json }: DialectAnswer) => ({ step, status, json: roughly(normal(json)) });
    expect(seen(ours)).toEqual(seen(theirs));
  };

  beforeAll(async () => {
    database = await openTestDatabase('server');
    if (database.options.engine !== 'server') throw new Error('A server was asked for.');
    const port = await freePort();
    server = await startServer({
      ZERODB_POSTGRES_URL: database.options.url,
      ZERODB_QDRANT_URL: qdrantUrl,
      ZERODB_QDRANT_PREFIX: prefix,
      ZERODB_QDRANT_DIALECT_PORT: String(port),
    });
    stock = askerOf(qdrantUrl);
    dialect = askerOf(`http://127.0.0.1:${port}`, { 'api-key': server.rootKey, 'request-timeout': '60000' });
  });
  afterAll(async () => {
    for (const name of [...DISTANCES, 'Named', 'Sparse']) await stock('DELETE', `/collections/${nameOf(name)}`);
    await server.stop();
    await database.drop();
    await removeFromQdrant(qdrantUrl, prefix);
  });

  describe.each(DISTANCES)('%s', (distance) => {
    const path = `/collections/${nameOf(distance)}`;
    const random = seededRandom(SEED);
    const vector = (): number[] => Array.from({ length: 4 }, () => Math.fround(random() * 2 - 1));
    const samples = fc.sample(payloads, { seed: SEED, numRuns: 62 });
    const ids = [...Array.from({ length: 59 }, (_, index) => index + 1), BIG, ...UUIDS];
    const points = ids.map((id, index) => ({ id, vector: vector(), payload: samples[index] }));
    const probe = vector();

    it('creates, fills and describes a collection', async () => {
      const creation = { vectors: { size: 4, distance } };
      await same('GET', path);
      await same('GET', `${path}/exists`);
      await same('PUT', path, creation);
      await same('PUT', path, creation);
      await same('GET', `${path}/exists`);
      await same('PUT', `${path}/points?wait=true`, { points: points.slice(0, 40) });
      const rest = points.slice(40);
      await same('PUT', `${path}/points?wait=true`, {
        batch: {
          ids: rest.map(({ id }) => id),
          vectors: rest.map((point) => point.vector),
          payloads: rest.map(({ payload }) => payload),
        },
      });
      const [theirs, ours] = await both('GET', path);
      const facts = ({ json }: DialectAnswer) => {
        const { status, points_count, config } = json['result'] as {
          status: string;
          points_count: number;
          config: { params: unknown };
        };
        return { status, points_count, params: config.params };
      };
      expect(facts(ours)).toEqual(facts(theirs));
    });

    const reads: Step[] = [
      ['POST', '/points', { ids: [3, 2, 99, BIG, '550E8400E29B41D4A716446655440000'], with_vector: true }],
      ['POST', '/points', { ids: [1, 1], with_payload: false }],
      [
        'POST',
        '/points',
        { ids: ['urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e'], with_payload: ['colour', 'deep.inner'] },
      ],
      ['POST', '/points', { ids: [5, 6, 7], with_payload: { exclude: ['colour', 'deep.inner', 'items[].price'] } }],
      ['POST', '/points', { ids: [5, 6, 7, 8], with_payload: { include: ['items[].name', 'deep'] } }],
      ['POST', '/points', { ids: [-1] }],
      ['POST', '/points', { ids: ['abc'] }],
      ['GET', '/points/3'],
      ['GET', `/points/${BIG}`],
      ['GET', `/points/${UUIDS[0]}`],
      ['GET', '/points/x'],
      ['POST', '/points/scroll', {}],
      ['POST', '/points/scroll', { limit: 20, with_payload: false }],
      ['POST', '/points/scroll', { limit: 100, offset: 55, with_vector: true }],
      ['POST', '/points/scroll', { limit: 1, offset: BIG }],
      ['POST', '/points/scroll', { limit: 2, offset: BIG }],
      ['POST', '/points/scroll', { limit: 5, offset: UUIDS[0] }],
      ['POST', '/points/scroll', { limit: 1_000, filter: { must: [{ key: 'flag', match: { value: true } }] } }],
      ['POST', '/points/scroll', { limit: 0 }],
      ['POST', '/points/scroll', { offset: 'x' }],
      ['POST', '/points/count', {}],
      ['POST', '/points/count', { filter: { must: { key: 'colour', match: { value: 'red' } } }, exact: true }],
      ['POST', '/points/count', { filter: { should: [] } }],
      ['POST', '/points/count', { filter: { min_should: { conditions: [], min_count: 1 } } }],
      ['POST', '/points/count', { filter: { must: [{ kkey: 'colour' }] } }],
      ['POST', '/points/count', { filter: { foo: 1 } }],
      ['POST', '/points/query', { query: probe, limit: 62, with_payload: true, params: { exact: true } }],
      ['POST', '/points/query', { query: probe, limit: 5, offset: 3, with_vector: true }],
      ['POST', '/points/query', { query: { nearest: probe }, limit: 3 }],
      ['POST', '/points/query', { query: 7, limit: 4 }],
      ['POST', '/points/query', { query: BIG, limit: 4 }],
      ['POST', '/points/query', { query: UUIDS[1], limit: 4, with_payload: ['size'] }],
      ['POST', '/points/query', { query: 99 }],
      ['POST', '/points/query', { query: [1, 0, 0] }],
      ['POST', '/points/query', { query: 'abc' }],
      ['POST', '/points/query', { query: [probe] }],
      ['POST', '/points/query', { query: { indices: [1], values: [1] } }],
      ['POST', '/points/query', { query: probe, limit: 0 }],
      ['POST', '/points/query', { query: probe, limit: -1 }],
      ['POST', '/points/search', { vector: probe, limit: 0 }],
      ['POST', '/points/recommend', { positive: [1], limit: 0 }],
      ['POST', '/points/count', { filter: { must: [{ key: 'size', match: { value: 1.5 } }] } }],
      ['POST', '/points/count', { filter: { must: [{ key: 'size', match: { any: [1, 'a'] } }] } }],
      ['POST', '/points/count', { filter: { must: [{ key: 'a b', match: { value: 1 } }] } }],
      ['POST', '/points/count', { filter: { must: [{ key: 'size' }] } }],
      ['POST', '/points/count', { filter: { must: [{ key: 'size', match: { value: 1 }, range: { gt: 2 } }] } }],
      ['POST', '/points/count', { filter: { must: [{ key: 'day', range: { gt: '2024-13-01' } }] } }],
      ['POST', '/points/count', { filter: { must: [{ has_vector: '' }] } }],
      ['POST', '/points/query', { query: probe, using: 'other' }],
      ['POST', '/points/query', { query: probe, limit: 999_999_999 }],
      ['POST', '/points/query', { query: probe, limit: 5, filter: { must_not: [{ has_id: [1, 2, 3, 4, 5] }] } }],
      ['POST', '/points/query', { query: { recommend: { positive: [1, 2], negative: [3] } }, limit: 6 }],
      ['POST', '/points/query', { query: { recommend: { positive: [probe], negative: [] } }, limit: 6 }],
      ['POST', '/points/query', { query: { recommend: { negative: [3] } }, limit: 6 }],
      ['POST', '/points/query', { limit: 4 }],
      ['POST', '/points/query', { limit: 4, offset: 2, with_payload: true }],
      [
        'POST',
        '/points/query/batch',
        {
          searches: [
            { query: probe, limit: 2 },
            { query: 4, limit: 1 },
          ],
        },
      ],
      ['POST', '/points/query/batch', { searches: [{ query: probe, limit: 2 }, { query: [1] }] }],
      ['POST', '/points/search', { vector: probe, limit: 5 }],
      ['POST', '/points/search', { vector: probe, limit: 5, offset: 2, with_vector: true, with_payload: true }],
      ['POST', '/points/search', { vector: { name: '', vector: probe }, limit: 1 }],
      ['POST', '/points/search', { vector: { name: 'x', vector: probe }, limit: 1 }],
      ['POST', '/points/search/batch', { searches: [{ vector: probe, limit: 1 }] }],
      ['POST', '/points/recommend', { positive: [1], limit: 3 }],
      ['POST', '/points/recommend', { positive: [1, 9], negative: [4, 5], limit: 3 }],
      ['POST', '/points/recommend', { positive: [999], limit: 3 }],
      ['GET', '/aliases'],
      ['GET', '/snapshots'],
    ];

    it.each(titled(reads))(
      '$title',
      async ({ step: [method, route, body] }) => await same(method, `${path}${route}`, body),
    );

    it('narrows by a score as Qdrant does', async () => {
      const [theirs] = await both('POST', `${path}/points/search`, { vector: probe, limit: 6 });
      const scores = (theirs.json['result'] as { score: number }[]).map(({ score }) => score);
      const between = ((scores[2] ?? 0) + (scores[3] ?? 0)) / 2;
      await same('POST', `${path}/points/search`, { vector: probe, limit: 6, score_threshold: between });
    });

    const writes: Step[] = [
      ['POST', '/points/payload?wait=true', { payload: { added: { x: 1 }, none: null }, points: [1, 2, 99] }],
      ['POST', '/points/payload?wait=true', { payload: { y: [1] }, key: 'added.w', points: [1] }],
      [
        'POST',
        '/points/payload?wait=true',
        { payload: { marked: true }, filter: { must: [{ key: 'flag', match: { value: true } }] } },
      ],
      ['POST', '/points/payload?wait=true', { payload: { a: 1 } }],
      ['PUT', '/points/payload?wait=true', { payload: { only: 'this', none: null }, points: [3, BIG] }],
      ['PUT', '/points/payload?wait=true', { payload: { one: 1 }, key: 'only', points: [3] }],
      ['POST', '/points/payload?wait=true', { payload: { only: null, z: 1 }, points: [3] }],
      ['POST', '/points/payload?wait=true', { payload: { z: 1 }, key: 'z.w', points: [3] }],
      ['POST', '/points/payload/clear?wait=true', { points: [99, 14, 98] }],
      ['POST', '/points/payload/delete?wait=true', { keys: ['size'], points: [99, 15] }],
      ['POST', '/points/payload/delete?wait=true', { keys: ['added.x', 'colour', 'nothing'], points: [1, 2] }],
      [
        'POST',
        '/points/payload/delete?wait=true',
        { keys: ['marked'], filter: { must: [{ key: 'size', range: { gte: 1 } }] } },
      ],
      ['POST', '/points/payload/clear?wait=true', { points: [4] }],
      ['POST', '/points/payload/clear?wait=true', { filter: { must: [{ has_id: [5, 6] }] } }],
      ['PUT', '/points/vectors?wait=true', { points: [{ id: 7, vector: [0.5, 0.5, 0.5, -0.5] }] }],
      ['PUT', '/points/vectors?wait=true', { points: [{ id: 999, vector: [1, 2, 3, 4] }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: [1, 2, 3, 4] }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 9, vector: [1, 2, 3] }] }],
      ['PUT', '/points?wait=true', { points: [{ id: -1, vector: [1, 2, 3, 4] }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 'abc', vector: [1, 2, 3, 4] }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 72, vector: {}, payload: { bare: true } }] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [12], vector: [''] }],
      ['POST', '/points/query', { query: [0.1, 0.2, 0.3, 0.4], filter: { must: [{ has_id: [12, 72] }] } }],
      ['POST', '/points/query', { query: 72 }],
      ['PUT', '/points?wait=true', { points: [] }],
      ['PUT', '/points?wait=true', { points: [{ id: 9 }] }],
      ['PUT', '/points?wait=true', {}],
      ['PUT', '/points?wait=true', { points: [{ id: 9, vector: [1, 'a', 3, 4] }] }],
      [
        'PUT',
        '/points?wait=true',
        {
          points: [
            { id: 71, vector: { '': [1, 2, 3, 4] } },
            { id: 71, vector: [4, 3, 2, 1] },
          ],
        },
      ],
      ['PUT', '/points?wait=true', { points: [{ id: 9, vector: { x: [1, 2, 3, 4] } }] }],
      ['PUT', '/points?wait=true', { batch: { ids: [5, 6], vectors: [[1, 2, 3, 4]] } }],
      ['POST', '/points/delete?wait=true', { points: [10, 12_345] }],
      ['POST', '/points/delete?wait=true', { filter: { must: [{ has_id: [11, UUIDS[1]] }] } }],
      ['POST', '/points/delete?wait=true', {}],
      [
        'POST',
        '/points/batch?wait=true',
        {
          operations: [
            { upsert: { points: [{ id: 70, vector: [1, 1, 1, 1], payload: { a: 1 } }] } },
            { set_payload: { payload: { b: 2 }, points: [70] } },
            { delete_payload: { keys: ['a'], points: [70] } },
            { delete: { points: [13] } },
          ],
        },
      ],
      ['PUT', '/index?wait=true', { field_name: 'colour', field_schema: 'keyword' }],
      ['POST', '/facet', { key: 'colour', exact: true }],
      [
        'POST',
        '/facet',
        { key: 'colour', limit: 2, exact: true, filter: { must: [{ key: 'flag', match: { value: true } }] } },
      ],
      ['DELETE', '/index/colour?wait=true'],
      ['PATCH', '', { optimizers_config: { indexing_threshold: 10_000 } }],
    ];

    it.each(titled(writes))('$title', async ({ step: [method, route, body] }) => {
      await same(method, `${path}${route}`, body);
      await same('POST', `${path}/points/scroll`, { limit: 100, with_vector: true });
    });
  });

  describe('vectors with names', () => {
    const path = `/collections/${nameOf('Named')}`;
    const sparseOnly = `/collections/${nameOf('Sparse')}`;
    const random = seededRandom(SEED + 1);
    const number = (): number => Math.fround(random() * 2 - 1);
    const vector = (): number[] => [number(), number(), number()];
    const entries = () => {
      const indices = [3, 5, 8, 4_294_967_295].filter(() => random() < 0.6);
      return { indices, values: indices.map(() => Math.fround(0.1 + random())) };
    };
    const GROUPS = ['a', 'b', ['b', 'c'], 7, null];
    /** Some have all of the vectors, some few, one none. */
    const points = Array.from({ length: 40 }, (_, index) => ({
      id: index + 1,
      vector: {
        ...(index % 7 === 6 ? {} : { '': vector() }),
        ...(index % 5 === 4 ? {} : { title: vector() }),
        ...(index % 4 === 3 ? {} : { place: vector() }),
        ...(index % 3 === 2 ? {} : { tokens: Array.from({ length: 1 + (index % 4) }, vector) }),
        ...(index % 6 === 5 ? {} : { far: Array.from({ length: 1 + (index % 3) }, vector) }),
        ...(index % 8 === 7 ? {} : { terms: entries() }),
        ...(index % 2 === 1 ? {} : { plain: entries() }),
      },
      payload: {
        n: index,
        group: GROUPS[index % GROUPS.length],
        day: `2024-01-${String(10 + (index % 20))}T00:00:00Z`,
        many: [index, index / 2],
      },
    }));
    const probe = vector();
    const sparse = { indices: [3, 8, 4_294_967_295, 11], values: [1, 0.5, 2, 1] };

    it('creates, fills and describes a collection', async () => {
      await alike('PUT', path, {
        vectors: {
          '': { size: 3, distance: 'Dot' },
          title: { size: 3, distance: 'Cosine' },
          place: { size: 3, distance: 'Euclid' },
          walk: { size: 3, distance: 'Manhattan' },
          tokens: { size: 3, distance: 'Cosine', multivector_config: { comparator: 'max_sim' } },
          far: { size: 3, distance: 'Euclid', multivector_config: { comparator: 'max_sim' } },
        },
        sparse_vectors: { terms: { modifier: 'idf' }, plain: {} },
      });
      await alike('PUT', `${path}/points?wait=true`, { points: [...points, { id: 41, vector: {} }] });
      await alike('PUT', `${path}/points?wait=true`, {
        batch: {
          ids: [42, 43],
          vectors: { walk: [vector(), vector()], plain: [entries(), { indices: [5], values: [-1] }] },
          payloads: [{ n: 42 }, null],
        },
      });
      const paramsOf = ({ json }: DialectAnswer) => (json['result'] as { config: { params: unknown } }).config.params;
      const [theirs, ours] = await both('GET', path);
      expect(paramsOf(ours)).toEqual(paramsOf(theirs));
      for (const [field_name, field_schema] of Object.entries({ n: 'integer', many: 'float', day: 'datetime' })) {
        await alike('PUT', `${path}/index?wait=true`, { field_name, field_schema });
      }
    });

    const prefetch = [
      { query: probe, using: 'title', limit: 12 },
      { query: sparse, using: 'terms', limit: 9 },
    ];
    const reads: [string, unknown][] = [
      ['/points', { ids: [1, 7, 41, 42], with_vector: true }],
      ['/points', { ids: [1, 5, 41], with_vector: ['title', 'terms'] }],
      ['/points', { ids: [1, 7], with_vector: [''] }],
      ['/points', { ids: [1, 7], with_vector: [] }],
      ['/points', { ids: [1], with_vector: ['other'] }],
      ['/points/scroll', { limit: 100, with_vector: true }],
      ['/points/scroll', { limit: 5, offset: 12, with_vector: ['tokens'], with_payload: false }],
      ['/points/query', { query: probe, limit: 50 }],
      ['/points/query', { query: probe, using: '', limit: 5, with_vector: true }],
      ...['title', 'place', 'walk', 'tokens', 'far'].map((using): [string, unknown] => [
        '/points/query',
        { query: probe, using, limit: 50, with_payload: ['n'] },
      ]),
      ['/points/query', { query: [probe, [0.1, 0.2, -0.7]], using: 'tokens', limit: 50 }],
      ['/points/query', { query: [probe, [0.1, 0.2, -0.7]], using: 'far', limit: 50 }],
      ['/points/query', { query: sparse, using: 'terms', limit: 50 }],
      ['/points/query', { query: sparse, using: 'plain', limit: 999_999_999, with_vector: ['plain'] }],
      ['/points/query', { query: { nearest: sparse }, using: 'plain', limit: 50, offset: 2 }],
      ['/points/query', { query: sparse, using: 'plain', score_threshold: 1 }],
      ['/points/query', { query: probe, using: 'place', score_threshold: 1.1 }],
      ['/points/query', { query: probe, using: 'title', filter: { must: [{ key: 'n', range: { lt: 20 } }] } }],
      ['/points/query', { query: 1, using: 'title' }],
      ['/points/query', { query: 1, using: 'terms' }],
      ['/points/query', { query: 1, using: 'tokens' }],
      ['/points/query', { query: 5, using: 'title' }],
      ['/points/query', { query: 41 }],
      ['/points/query', { query: probe, using: 'other' }],
      ['/points/query', { query: probe, using: 'terms' }],
      ['/points/query', { query: sparse, using: 'title' }],
      ['/points/query', { query: sparse, using: 'tokens' }],
      ['/points/query', { query: [probe], using: 'title' }],
      ['/points/query', { query: [], using: 'tokens' }],
      ['/points/query', { query: [[]], using: 'tokens' }],
      ['/points/query', { query: [probe, [1]], using: 'tokens' }],
      ['/points/query', { query: { indices: [1, 1], values: [1, 2] }, using: 'terms' }],
      ['/points/query', { query: { indices: [1], values: [1, 2] }, using: 'terms' }],
      ['/points/query', { query: { indices: [-1], values: [1] }, using: 'terms' }],
      ['/points/query', { query: { indices: [], values: [] }, using: 'terms' }],
      ['/points/search', { vector: { name: 'title', vector: probe }, limit: 4, with_vector: ['title'] }],
      ['/points/search', { vector: { name: 'terms', vector: sparse }, limit: 4 }],
      ['/points/query', { query: { recommend: { positive: [1, 2], negative: [3] } }, using: 'title', limit: 6 }],
      ['/points/query', { query: { recommend: { positive: [probe] } }, using: 'place', limit: 6 }],
      ['/points/query', { prefetch, query: { fusion: 'rrf' }, limit: 30 }],
      [
        '/points/query',
        { prefetch, query: { fusion: 'dbsf' }, limit: 5, offset: 2, with_payload: true, with_vector: true },
      ],
      ['/points/query', { prefetch, query: { fusion: 'dbsf' }, limit: 30 }],
      ['/points/query', { prefetch, query: { rrf: { k: 60 } }, limit: 30 }],
      ['/points/query', { prefetch, query: { rrf: { k: 60, weights: [3, 1] } }, limit: 30 }],
      ['/points/query', { prefetch, query: { rrf: { k: 0 } } }],
      ['/points/query', { prefetch, query: { fusion: 'other' } }],
      ['/points/query', { prefetch, query: { fusion: 'rrf' }, score_threshold: 0.2, limit: 30 }],
      [
        '/points/query',
        { prefetch, query: { fusion: 'rrf' }, filter: { must: [{ key: 'n', range: { gte: 10 } }] }, limit: 30 },
      ],
      ['/points/query', { prefetch: prefetch[0], query: { fusion: 'rrf' }, limit: 30 }],
      ['/points/query', { prefetch, query: probe, using: 'place', limit: 30 }],
      ['/points/query', { prefetch, query: probe, limit: 3, offset: 1 }],
      ['/points/query', { prefetch, query: [probe], using: 'tokens', limit: 3 }],
      ['/points/query', { prefetch, query: sparse, using: 'terms', limit: 30, score_threshold: 0.5 }],
      ['/points/query', { prefetch: [{ prefetch, query: { fusion: 'rrf' }, limit: 6 }], query: probe, using: 'place' }],
      [
        '/points/query',
        {
          prefetch: [{ prefetch, query: probe, using: 'place', limit: 4 }, ...prefetch],
          query: { fusion: 'rrf' },
          limit: 30,
        },
      ],
      ['/points/query', { prefetch, query: { order_by: 'n' }, limit: 30 }],
      ['/points/query', { prefetch }],
      ['/points/query', { query: { fusion: 'rrf' } }],
      ['/points/query', { prefetch: [], query: { fusion: 'dbsf' } }],
      ['/points/query', { prefetch: [{ query: probe, limit: 0 }], query: { fusion: 'rrf' } }],
      ['/points/query', { prefetch: [{ query: probe, using: 'other' }], query: { fusion: 'rrf' } }],
      ['/points/query', { query: { nearest: probe, mmr: {} }, using: 'title', limit: 10 }],
      [
        '/points/query',
        {
          query: { nearest: probe, mmr: { diversity: 0.9, candidates_limit: 25 } },
          using: 'title',
          limit: 9,
          with_payload: true,
        },
      ],
      [
        '/points/query',
        {
          query: { nearest: probe, mmr: { diversity: 0.3, candidates_limit: 25 } },
          limit: 9,
          offset: 2,
          with_vector: true,
        },
      ],
      [
        '/points/query',
        { query: { nearest: probe, mmr: { diversity: 0.6, candidates_limit: 25 } }, using: 'place', limit: 9 },
      ],
      [
        '/points/query',
        { query: { nearest: 2, mmr: { diversity: 1, candidates_limit: 25 } }, using: 'title', limit: 9 },
      ],
      ['/points/query', { query: { order_by: 'n' }, limit: 5, with_payload: true }],
      ['/points/query', { query: { order_by: { key: 'n', direction: 'desc', start_from: 20 } }, limit: 5 }],
      ['/points/query', { query: { order_by: 'group' } }],
      ['/points/query', { query: { sample: 'other' } }],
      ['/points/scroll', { order_by: 'n', limit: 7, with_vector: ['title'] }],
      ['/points/scroll', { order_by: { key: 'many', direction: 'desc' }, limit: 200 }],
      ['/points/scroll', { order_by: { key: 'many', start_from: 3.25 }, limit: 200 }],
      ['/points/scroll', { order_by: { key: 'day', start_from: '2024-01-20T00:00:00Z' }, limit: 20 }],
      ['/points/scroll', { order_by: { key: 'n' }, offset: 3 }],
      ['/points/scroll', { order_by: 'nothing' }],
      ['/points/scroll', { order_by: { key: 'n', direction: 'up' } }],
      ['/points/query/groups', { query: probe, using: 'title', group_by: 'group' }],
      [
        '/points/query/groups',
        {
          query: probe,
          using: 'place',
          group_by: 'group',
          limit: 2,
          group_size: 1,
          with_payload: true,
          with_vector: ['place'],
        },
      ],
      ['/points/query/groups', { query: sparse, using: 'terms', group_by: 'group', group_size: 20, limit: 20 }],
      ['/points/query/groups', { group_by: 'group' }],
      ['/points/query/groups', { prefetch, query: { fusion: 'rrf' }, group_by: 'group', limit: 20, group_size: 20 }],
      ['/points/query/groups', { query: probe, group_by: 'nothing' }],
      ['/points/query/groups', { query: probe, group_by: 'group', limit: 0 }],
      ['/points/query/groups', { query: probe, group_by: 'group', group_size: 0 }],
      [
        '/points/search/groups',
        { vector: { name: 'title', vector: probe }, group_by: 'group', limit: 3, group_size: 2 },
      ],
      [
        '/points/query/batch',
        {
          searches: [
            { prefetch, query: { fusion: 'rrf' } },
            { query: sparse, using: 'plain', limit: 2 },
          ],
        },
      ],
    ];
    it.each(titled(reads.map(([route, body]) => ['POST', route, body])))(
      '$title',
      async ({ step: [method, route, body] }) => await alike(method, `${path}${route}`, body),
    );

    it('samples points', async () => {
      const [theirs, ours] = await both('POST', `${path}/points/query`, { query: { sample: 'random' }, limit: 5 });
      const facts = ({ json }: DialectAnswer) =>
        (json['result'] as { points: { id: number; score: number }[] }).points.map(({ score }) => score);
      expect(facts(ours)).toEqual(facts(theirs));
      expect(facts(ours)).toHaveLength(5);
    });

    const writes: Step[] = [
      [
        'PUT',
        '/points/vectors?wait=true',
        { points: [{ id: 1, vector: { title: [1, 2, 3], plain: { indices: [9, 1], values: [1, 2] } } }] },
      ],
      [
        'PUT',
        '/points/vectors?wait=true',
        {
          points: [
            { id: 41, vector: [1, 2, 3] },
            { id: 2, vector: { tokens: [1, 0, 0] } },
          ],
        },
      ],
      ['PUT', '/points/vectors?wait=true', { points: [{ id: 1, vector: { other: [1, 2, 3] } }] }],
      ['PUT', '/points/vectors?wait=true', { points: [{ id: 1, vector: { title: [1, 2] } }] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [1, 3], vector: ['title', 'terms'] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [4], vector: [''] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [5, 999], vector: ['plain'] }],
      ['POST', '/points/vectors/delete?wait=true', { filter: { must: [{ has_id: [6, 7] }] }, vector: ['far'] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [5], vector: ['other'] }],
      ['POST', '/points/vectors/delete?wait=true', { points: [5], vector: [] }],
      ['POST', '/points/vectors/delete?wait=true', { vector: ['plain'] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { tokens: [1, 0, 0] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { tokens: [[1, 0, 0, 0]] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { tokens: [] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { terms: [1] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { title: { indices: [1], values: [1] } } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { title: [1] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { other: [1] } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { terms: { indices: [1, 1], values: [1, 2] } } }] }],
      ['PUT', '/points?wait=true', { points: [{ id: 8, vector: { terms: { indices: [1], values: [1, 2] } } }] }],
      ['PUT', '/points?wait=true', { batch: { ids: [8, 9], vectors: { title: [[1, 2, 3]] } } }],
      ['PUT', '/points?wait=true', { points: [{ id: 9, vector: [1, 2, 3], payload: { n: 9 } }] }],
      ['POST', '/points/payload?wait=true', { payload: { added: 1 }, points: [10] }],
      [
        'POST',
        '/points/batch?wait=true',
        {
          operations: [
            { upsert: { points: [{ id: 70, vector: { plain: { indices: [1], values: [1] } } }] } },
            { update_vectors: { points: [{ id: 70, vector: { title: [0, 1, 0] } }] } },
            { delete_vectors: { points: [11], vector: ['plain'] } },
          ],
        },
      ],
    ];
    it.each(titled(writes))('$title', async ({ step: [method, route, body] }) => {
      await alike(method, `${path}${route}`, body);
      await alike('POST', `${path}/points/scroll`, { limit: 100, with_vector: true });
    });

    it('refuses a list where one vector belongs, and changes nothing', async () => {
      // Qdrant itself has removed the other vectors of the point by then.
      await alike('PUT', `${path}/points?wait=true`, { points: [{ id: 13, vector: { title: [[1, 0, 0]] } }] });
      const read = ['POST', `${path}/points`, { ids: [13], with_vector: ['title', 'place'] }] as const;
      const { json } = await dialect(...read);
      expect(JSON.stringify(json)).toContain('place');
    });

    it('serves a collection of sparse vectors alone', async () => {
      await alike('PUT', sparseOnly, { sparse_vectors: { s: { modifier: 'idf' } } });
      const filled = [
        { id: 1, vector: { s: { indices: [1, 2], values: [1, 2] } } },
        { id: 2, vector: { s: { indices: [2], values: [1] } } },
      ];
      await alike('PUT', `${sparseOnly}/points?wait=true`, { points: filled });
      await alike('POST', `${sparseOnly}/points/query`, { query: { indices: [1, 2], values: [1, 1] }, using: 's' });
      await alike('POST', `${sparseOnly}/points/scroll`, { with_vector: true });
      await alike('POST', `${sparseOnly}/points/query`, { query: [1, 2] });
      await alike('PUT', `${sparseOnly}/points?wait=true`, { points: [{ id: 1, vector: [1] }] });
      await alike('POST', `${sparseOnly}/points/query`, { limit: 2 });
      const paramsOf = ({ json }: DialectAnswer) => (json['result'] as { config: { params: unknown } }).config.params;
      const [theirs, ours] = await both('GET', sparseOnly);
      expect(paramsOf(ours)).toEqual(paramsOf(theirs));
      const copies = async () => {
        const headers = { authorization: `Bearer ${server.rootKey}` };
        const answer = await fetch(`${server.url}/v1/consistency`, { headers });
        const { data } = (await answer.json()) as {
          data: { collection: string; state: string; last_proof: unknown }[];
        };
        return data.filter(({ collection }) => [nameOf('Sparse'), nameOf('Named')].includes(collection));
      };
      const serves = (each: { state: string; last_proof: unknown }) =>
        each.state === 'serving' && each.last_proof !== null;
      await eventually(copies, (found) => found.length === 2 && found.every(serves), 30_000);
      await alike('DELETE', sparseOnly);
      await alike('DELETE', path);
    });
  });

  it(`selects the same points by ${FILTERS} random filters, with and without ranking`, async () => {
    const path = `/collections/${nameOf('Dot')}`;
    const probe = [0.1, -0.2, 0.3, 0.4];
    const wanted = fc.sample(filters, { seed: SEED, numRuns: FILTERS });
    const differing: unknown[] = [];
    for (const [index, filter] of wanted.entries()) {
      const isRanked = index % 3 === 0;
      const [route, body] = isRanked
        ? ['query', { query: probe, limit: 100, filter }]
        : ['scroll', { limit: 100, with_payload: false, filter }];
      const [theirs, ours] = await both('POST', `${path}/points/${route}`, body);
      const idsOf = ({ json }: DialectAnswer) =>
        (json['result'] as { points: { id: unknown }[] } | undefined)?.points.map(({ id }) => String(id));
      const [expected, actual] = [idsOf(theirs), idsOf(ours)];
      if (JSON.stringify(actual) !== JSON.stringify(expected)) differing.push({ filter, expected, actual });
    }
    expect(differing.slice(0, 5)).toEqual([]);
    expect(differing.length).toBe(0);
  }, 600_000);

  it('lists and drops collections', async () => {
    const ours = await dialect('GET', '/collections');
    const names = (ours.json['result'] as { collections: { name: string }[] }).collections.map(({ name }) => name);
    expect(names.sort()).toEqual(DISTANCES.map(nameOf).sort());
    await same('DELETE', `/collections/${nameOf('Euclid')}`);
    await same('GET', `/collections/${nameOf('Euclid')}/exists`);
    await same('POST', `/collections/${nameOf('Euclid')}/points/query`, { query: [1, 2, 3, 4] });
    await same('DELETE', `/collections/${nameOf('Euclid')}`);
  });

  it('is served by its copy in Qdrant, too', async () => {
    const metrics = async (): Promise<string> => await (await fetch(`${server.url}/metrics`)).text();
    await eventually(metrics, (text) => /zerodb_vector_searches_total\{[^}]*qdrant[^}]*\} [1-9]/.test(text));
  });
});
