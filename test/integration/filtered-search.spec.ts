import * as fc from 'fast-check';
import type { Collection } from '../../src/collections/collection';
import type { Scheme } from '../../src/collections/compression/compression-state';
import { parseFilter } from '../../src/common/filter';
import { seededRandom } from '../../src/common/seeded-random';
import { clustered, openCompression } from '../support/compression';
import { IDS_ONLY, openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const DIMENSION = 32;
const RECORDS = 3_000;
const CLUSTERS = 20;
const QUERIES = 60;
const RECALL = 0.98;

/** Real: the database, the graph, the estimates. Records lie in clusters, and know theirs. */
const suite = (engine: 'embedded' | 'server') => () => {
  let record: OpenRecord;
  let collection: Collection;
  const vectors = clustered(RECORDS + QUERIES, DIMENSION, { clusters: CLUSTERS, seed: 11 });
  const clusterOf = (at: number): string => `c${at % CLUSTERS}`;

  beforeAll(async () => {
    record = await openRecord(engine);
    await record.collections.put(record.scope, 'c', { dimension: DIMENSION });
    const random = seededRandom(3);
    for (let from = QUERIES; from < vectors.length; from += 500) {
      const rows = vectors.slice(from, from + 500).map((vector, i) => ({
        id: `r${from + i}`,
        vector,
        metadata: { permille: Math.floor(random() * 1_000), cluster: clusterOf(from + i), tags: ['x', clusterOf(i)] },
      }));
      await record.records.upsert(record.scope, 'c', rows);
    }
    collection = await record.collections.resolve(record.scope, 'c');
    await record.indexes.build(collection);
  }, 60_000);
  afterAll(async () => await record.drop());

  const refresh = async (): Promise<void> => {
    collection = (await record.collections.get(record.scope, 'c')).collection;
  };

  /** Of searches for these queries: the share of what an exact search finds. */
  const recallOf = async (filter: unknown, queries: readonly number[], limit = 10): Promise<number> => {
    const node = parseFilter(filter, { basePath: '/filter' });
    let [found, wanted] = [0, 0];
    for (const at of queries) {
      const query = { vector: vectors[at] ?? [], limit, exact: false, include: IDS_ONLY, filter: node };
      const exact = await record.vectors.search(record.scope, collection, { ...query, exact: true });
      const hits = await record.vectors.search(record.scope, collection, query);
      expect(hits).toHaveLength(exact.length);
      const ids = new Set(hits.map(({ id }) => id));
      found += exact.filter(({ id }) => ids.has(id)).length;
      wanted += exact.length;
    }
    return wanted === 0 ? 1 : found / wanted;
  };

  const every = Array.from({ length: QUERIES }, (_, at) => at);
  const someQueries = fc.uniqueArray(fc.nat(QUERIES - 1), { minLength: 8, maxLength: 8 });
  const clusters = fc.uniqueArray(fc.nat(CLUSTERS - 1).map(clusterOf), { minLength: 1, maxLength: CLUSTERS });
  const filters = fc.oneof(
    fc.record({ permille: fc.record({ $lt: fc.integer({ min: 0, max: 1_000 }) }) }),
    fc.record({ permille: fc.record({ $gte: fc.integer({ min: 0, max: 1_000 }) }) }),
    // Near some queries, and far from others.
    fc.record({ cluster: fc.record({ $in: clusters }) }),
    fc.record({
      cluster: fc.record({ $nin: clusters }),
      permille: fc.record({ $lt: fc.integer({ min: 1, max: 1_000 }) }),
    }),
    fc.record({ tags: clusters.map(([first]) => first) }),
  );

  const agrees = async (numRuns: number): Promise<void> => {
    let [sum, count] = [0, 0];
    const property = fc.asyncProperty(
      filters,
      someQueries,
      fc.constantFrom(1, 10, 40),
      async (filter, queries, limit) => {
        const recall = await recallOf(filter, queries, limit);
        // One of ten, and one more of few, by chance; the mean says more.
        expect(recall).toBeGreaterThanOrEqual(0.9 - 1 / (queries.length * limit));
        sum += recall;
        count += 1;
      },
    );
    await fc.assert(property, { numRuns, seed: 15 });
    expect(sum / count).toBeGreaterThanOrEqual(RECALL);
  };

  it('finds what an exact search finds, whatever a filter selects', async () => {
    await agrees(16);
  });

  it('finds it where the filter selects far records only, and near ones only', async () => {
    const [near, far] = [{ cluster: 'c3' }, { cluster: { $in: ['c0', 'c1', 'c2', 'c3', 'c4'] } }];
    expect(
      await recallOf(
        near,
        every.filter((at) => clusterOf(at) === 'c3'),
      ),
    ).toBeGreaterThanOrEqual(RECALL);
    expect(
      await recallOf(
        near,
        every.filter((at) => clusterOf(at) !== 'c3'),
      ),
    ).toBeGreaterThanOrEqual(RECALL);
    expect(
      await recallOf(
        far,
        every.filter((at) => at % CLUSTERS > 4),
      ),
    ).toBeGreaterThanOrEqual(RECALL);
  });

  it('finds it when the estimate has become wrong', async () => {
    const filter = { mark: 'late' };
    expect(await recallOf(filter, every.slice(0, 4))).toBe(1);
    const marked = every.map((at) => ({
      id: `r${QUERIES + at * 7}`,
      vector: vectors[QUERIES + at * 7],
      metadata: { mark: 'late' },
    }));
    await record.records.upsert(record.scope, 'c', marked);
    expect(await recallOf(filter, every)).toBeGreaterThanOrEqual(RECALL);
  });

  it('says in explain what it estimated, what it chose, and why', async () => {
    const ask = async (filter: object) => {
      const request = { query: { vector: vectors[0] }, limit: 10, exact: false, explain: true, include: IDS_ONLY };
      const answer = await record.search.search(record.scope, 'c', {
        ...request,
        filter: parseFilter(filter, { basePath: '/filter' }),
      });
      return answer.explain?.steps.find(({ step }) => step === 'vector')?.detail?.['filter'] as Record<string, unknown>;
    };
    const wide = await ask({ permille: { $lt: 900 } });
    expect(['graph', 'graph_with_filter']).toContain(wide['choice']);
    expect(wide['fell_back']).toBe(false);
    expect(wide['estimated_share']).toBeGreaterThan(0.8);
    expect(wide['estimated_share']).toBeLessThan(1);
    expect(Number(wide['estimated_matches'])).toBeGreaterThan(RECORDS / 2);
    expect(await ask({ permille: -1 })).toMatchObject({ choice: 'exact_scan', estimated_share: 0 });
    expect(String((await ask({ permille: -1 }))['reason']).length).toBeGreaterThan(20);
  });

  it('compares what a metadata index hands over', async () => {
    const indexes = [{ field: 'cluster', type: 'string' as const }];
    await record.collections.patch(record.scope, 'c', { indexes });
    await refresh();
    const filter = parseFilter({ cluster: 'c3' }, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter };
    const { filter: done } = await record.vectors.answer(record.scope, collection, query);
    expect(done?.plan.choice).toBe('exact_over_index');
    await agrees(6);
  });

  // The statements are the same on both engines: each shows one of the codes.
  it.each([engine === 'server' ? 'half' : 'binary'] as Scheme[])(
    'finds it with the compression %s',
    async (scheme) => {
      await record.collections.patch(record.scope, 'c', { compression: { scheme, target_recall: 0.95 }, indexes: [] });
      await openCompression(record).settle();
      await refresh();
      await agrees(6);
    },
    60_000,
  );

  it('shows another project nothing', async () => {
    const stranger = await record.project(`stranger-${engine}`);
    const filter = parseFilter({ permille: { $lt: 900 } }, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter };
    expect(await record.vectors.search(stranger, collection, query)).toEqual([]);
  });
};

describe('filtered searches on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('filtered searches on a server', suite('server'));
