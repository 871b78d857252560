import { matches, parseFilter } from '../../src/common/filter';
import { METRICS, METRIC_RULES, type Metric } from '../../src/collections/metric';
import { similarity } from '../../src/collections/advanced/vector-math';
import type { VectorQuery, VectorStore } from '../../src/collections/vector-store.port';
import { EVERYTHING, IDS_ONLY, openRecord, randomVector, type OpenRecord } from '../support/record';
import { seededRandom } from '../../src/common/seeded-random';

const DIMENSION = 8;
const RECORDS = 300;

interface Sample {
  readonly id: string;
  readonly vector: number[];
  readonly metadata: { group: number; tag: string };
}

/** The same for every engine: what a search gives is what a plain loop over all records gives. */
export function vectorStoreContract(
  name: string,
  engine: 'embedded' | 'server',
  storeOf: (record: OpenRecord) => VectorStore,
): void {
  describe(`the vector store contract: ${name}`, () => {
    let record: OpenRecord;
    let store: VectorStore;
    const random = seededRandom(42);
    const samples: Sample[] = Array.from({ length: RECORDS }, (_, i) => ({
      id: `r${String(i).padStart(3, '0')}`,
      vector: randomVector(random, DIMENSION),
      metadata: { group: i % 10, tag: i % 2 === 0 ? 'even' : 'odd' },
    }));

    beforeAll(async () => {
      record = await openRecord(engine);
      store = storeOf(record);
      for (const metric of METRICS) {
        await record.collections.put(record.scope, metric, { dimension: DIMENSION, metric });
        await record.records.upsert(record.scope, metric, samples);
      }
    });

    afterAll(async () => await record.drop());

    const run = async (metric: Metric, query: Partial<VectorQuery>) =>
      await store.search(record.scope, await record.collections.resolve(record.scope, metric), {
        vector: samples[0]?.vector ?? [],
        limit: 10,
        exact: true,
        include: IDS_ONLY,
        ...query,
      });

    /** Best first by brute force, in the metric's own scale. */
    const expected = (metric: Metric, vector: number[], keep: (sample: Sample) => boolean = () => true) =>
      samples
        .filter(keep)
        .map((sample) => ({ id: sample.id, likeness: similarity(metric, vector, sample.vector) }))
        .sort((a, b) => b.likeness - a.likeness || (a.id < b.id ? -1 : 1))
        .map(({ id, likeness }) => ({ id, score: METRIC_RULES[metric].higherIsBetter ? likeness : -likeness }));

    describe.each(METRICS)('%s', (metric) => {
      it('finds what a loop over all records finds, with the metric’s own score', async () => {
        const vector = randomVector(random, DIMENSION);
        const hits = await run(metric, { vector });
        const wanted = expected(metric, vector).slice(0, 10);
        expect(hits.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
        hits.forEach((hit, i) => expect(hit.score).toBeCloseTo(Number(wanted[i]?.score), 5));
      });

      it('filters before it limits', async () => {
        const vector = randomVector(random, DIMENSION);
        const filter = parseFilter({ group: { $in: [1, 2] }, tag: 'odd' }, { basePath: '/filter' });
        const hits = await run(metric, { vector, filter, limit: 30 });
        const keep = ({ id, metadata }: Sample) =>
          matches(filter, {
            id,
            metadata,
            text: null,
            version: 1,
            created_at: new Date(0),
            updated_at: new Date(0),
          });
        expect(hits.map(({ id }) => id)).toEqual(
          expected(metric, vector, keep)
            .slice(0, 30)
            .map(({ id }) => id),
        );
      });

      it('takes a threshold in the scale of its scores, inclusive', async () => {
        const all = await run(metric, { limit: 50 });
        const bound = all[20];
        const hits = await run(metric, { limit: 50, scoreThreshold: Number(bound?.score) });
        expect(hits.map(({ id }) => id)).toEqual(all.slice(0, 21).map(({ id }) => id));
      });

      it('finds with the index what it finds without', async () => {
        const vector = randomVector(random, DIMENSION);
        const [indexed, exact] = [await run(metric, { vector, exact: false }), await run(metric, { vector })];
        const ids = new Set(exact.map(({ id }) => id));
        expect(indexed).toHaveLength(10);
        expect(indexed.filter(({ id }) => ids.has(id)).length).toBeGreaterThanOrEqual(9);
      });
    });

    it('leaves out what is excluded', async () => {
      const hits = await run('cosine', { excludeIds: ['r000', 'r001'] });
      expect(hits.map(({ id }) => id)).not.toContain('r000');
      expect(hits).toHaveLength(10);
    });

    it('orders ties by id in code point order', async () => {
      const twins = ['b', 'a', '\u{1F600}', '\uFFFD', 'Z'];
      await record.collections.put(record.scope, 'ties', { dimension: 2 });
      await record.records.upsert(
        record.scope,
        'ties',
        twins.map((id) => ({ id, vector: [1, 1] })),
      );
      const collection = await record.collections.resolve(record.scope, 'ties');
      const hits = await store.search(record.scope, collection, {
        vector: [1, 1],
        limit: 5,
        exact: true,
        include: IDS_ONLY,
      });
      expect(hits.map(({ id }) => id)).toEqual(['Z', 'a', 'b', '\uFFFD', '\u{1F600}']);
    });

    it('gives what is asked for and nothing else', async () => {
      const [bare] = await run('euclid', { limit: 1 });
      expect(Object.keys(bare ?? {}).sort()).toEqual(['id', 'score', 'version']);
      const [whole] = await run('euclid', { limit: 1, include: EVERYTHING });
      expect(whole).toMatchObject({ id: 'r000', metadata: samples[0]?.metadata, score: 0 });
      whole?.vector?.forEach((value, i) => expect(value).toBeCloseTo(Number(samples[0]?.vector[i]), 6));
    });

    it('shows another project nothing, even of a collection it names', async () => {
      const stranger = await record.project(`stranger-${engine}`);
      const collection = await record.collections.resolve(record.scope, 'cosine');
      const query = { vector: samples[0]?.vector ?? [], limit: 10, include: IDS_ONLY };
      expect(await store.search(stranger, collection, { ...query, exact: true })).toEqual([]);
      expect(await store.search(stranger, collection, { ...query, exact: false })).toEqual([]);
    });
  });
}
