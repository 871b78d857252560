import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { seededRandom } from '../../src/common/seeded-random';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { askerOf, filters, normal, payloads, type Ask, type DialectAnswer } from '../support/qdrant-dialect';
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
    for (const distance of DISTANCES) await stock('DELETE', `/collections/${nameOf(distance)}`);
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
