import * as fc from 'fast-check';
import type { Collection } from '../../src/collections/collection';
import { METRICS, type Metric } from '../../src/collections/metric';
import type { VectorHit, VectorQuery } from '../../src/collections/vector-store.port';
import { parseFilter } from '../../src/common/filter';
import { filterDocument, filterInput } from '../support/filter-arbitraries';
import { copyToQdrant, replaceRecords } from '../support/filter-set';
import { copyOf, openQdrant, type OpenQdrant } from '../support/qdrant';
import { EVERYTHING, IDS_ONLY, openRecord, randomVector, type OpenRecord } from '../support/record';
import { seededRandom } from '../../src/common/seeded-random';
import { describeWith, services } from '../support/services';

/** Real: both engines, the follower's writes, the searches. Fake: nothing; rows are written past the API's checks. */
const DIMENSION = 4;
const SETS = 48;
const QUERIES_PER_SET = 105;

const grid = fc.integer({ min: -3, max: 3 });

/**
 * On a grid many distances are equal, and both engines compute them without loss. Equal cosines of unequal vectors
 * differ in the last bit, one way or the other: there the directions are random, and ties come from equal vectors.
 */
const vectorOf = (metric: Metric): fc.Arbitrary<number[]> =>
  metric === 'cosine'
    ? fc.integer().map((seed) => randomVector(seededRandom(seed), DIMENSION))
    : fc.array(grid, { minLength: DIMENSION, maxLength: DIMENSION });

const queryOf = (metric: Metric) =>
  fc.record({
    vector: vectorOf(metric),
    input: filterInput,
    limit: fc.integer({ min: 1, max: 70 }),
    threshold: fc.option(fc.nat({ max: 20 }), { freq: 4 }),
    exclude: fc.option(fc.constantFrom(['id0'], ['id1', 'id2', 'none']), { freq: 4 }),
  });

const setOf = fc.constantFrom(...METRICS).chain((metric) =>
  fc.record({
    metric: fc.constant(metric),
    documents: fc.array(filterDocument, { minLength: 60, maxLength: 60 }),
    // Fewer vectors than records: ties.
    vectors: fc.array(vectorOf(metric), { minLength: 40, maxLength: 40 }),
    queries: fc.array(queryOf(metric), { minLength: QUERIES_PER_SET, maxLength: QUERIES_PER_SET }),
  }),
);

type Sample<T> = T extends fc.Arbitrary<infer U> ? U : never;
type SampleSet = Sample<typeof setOf>;

function suite(name: string, engine: 'embedded' | 'server', sets: number): void {
  describe(`exact search on Qdrant and on pgvector, ${name}`, () => {
    let record: OpenRecord;
    let qdrant: OpenQdrant;
    const signal = AbortSignal.timeout(300_000);

    beforeAll(async () => {
      qdrant = openQdrant(services.qdrantUrl ?? '');
      record = await openRecord(engine);
      const indexes = [
        { field: 'a', type: 'number' as const },
        { field: 'a.a', type: 'datetime' as const },
        { field: 'b', type: 'string' as const },
      ];
      for (const metric of METRICS) {
        await record.collections.put(record.scope, metric, { dimension: DIMENSION, metric, indexes });
        await qdrant.target.prepare(copyOf(await collectionOf(metric)), signal);
      }
    });

    afterAll(async () => {
      await record.drop();
      await qdrant.drop();
    });

    const collectionOf = async (metric: Metric): Promise<Collection> =>
      await record.collections.resolve(record.scope, metric);

    /** The set in Postgres, and nothing else; then the same in Qdrant. */
    async function store(set: SampleSet, collection: Collection): Promise<void> {
      const documents = set.documents.map((each, i) => ({ ...each, id: `id${i}` }));
      await replaceRecords(record, collection, documents, set.vectors);
      await copyToQdrant(record, qdrant, collection, signal);
    }

    it('gives the same ids in the same order with the same scores', async () => {
      const counts = { cases: 0, some: 0 };
      const property = fc.asyncProperty(setOf, async (set) => {
        const collection = await collectionOf(set.metric);
        await store(set, collection);
        for (const sample of set.queries) {
          const query = await toQuery(sample, collection);
          const wanted = await record.vectors.search(record.scope, collection, query);
          const found = await qdrant.store.search(record.scope, collection, query, signal);
          const difference = differenceOf(found, wanted);
          if (difference) throw new Error(`${set.metric}: ${difference}, of ${JSON.stringify(sample)}`);
          counts.cases++;
          counts.some += found.length > 0 && found.length < 60 ? 1 : 0;
        }
      });
      await fc.assert(property, { numRuns: sets, endOnFailure: true });
      expect(counts.cases).toBe(sets * QUERIES_PER_SET);
      // Searches that find nothing or everything would prove little.
      expect(counts.some).toBeGreaterThan(counts.cases / 5);
    });

    /** A threshold is the score of one of the records, so that "inclusive" matters. */
    async function toQuery(sample: Sample<ReturnType<typeof queryOf>>, collection: Collection): Promise<VectorQuery> {
      const filter = parseFilter(sample.input, { basePath: '/filter' });
      const query = { vector: sample.vector, limit: sample.limit, filter, exact: true, include: IDS_ONLY };
      const excludeIds = sample.exclude ?? undefined;
      if (sample.threshold === null) return { ...query, excludeIds };
      const hits = await record.vectors.search(record.scope, collection, { ...query, filter: undefined, limit: 60 });
      return { ...query, excludeIds, scoreThreshold: hits[sample.threshold]?.score };
    }

    it('gives the same content', async () => {
      const [set] = fc.sample(setOf, 1);
      if (!set) throw new Error('There is no sample.');
      const collection = await collectionOf('euclid');
      await store(set, collection);
      const query = { vector: [1, 2, 3, 4], limit: 60, exact: true, include: EVERYTHING };
      const wanted = await record.vectors.search(record.scope, collection, query);
      const found = await qdrant.store.search(record.scope, collection, query, signal);
      const byId = (hits: VectorHit[]) => new Map(hits.map(({ score: _, ...hit }) => [hit.id, hit]));
      expect(byId(found)).toEqual(byId(wanted));
    });
  });
}

function differenceOf(found: readonly VectorHit[], wanted: readonly VectorHit[]): string | undefined {
  const list = (hits: readonly VectorHit[]): string => hits.map(({ id, score }) => `${id} ${score}`).join(', ');
  const isSame = wanted.every((hit, i) => {
    const other = found[i];
    return other?.id === hit.id && other.version === hit.version && Math.abs(other.score - hit.score) <= 1e-5;
  });
  return isSame && found.length === wanted.length ? undefined : `[${list(found)}] instead of [${list(wanted)}]`;
}

describeWith(services.qdrantUrl)('with a Qdrant server', () => {
  suite('embedded', 'embedded', SETS);

  describeWith(services.postgresUrl)('and a Postgres server', () => {
    suite('server', 'server', 4);
  });
});
