import * as fc from 'fast-check';
import type { Collection } from '../../src/collections/collection';
import type { VectorHit } from '../../src/collections/vector-store.port';
import { matches, parseFilter, type FilterDocument } from '../../src/common/filter';
import { filterDocument, filterInput, largeFilterInput } from '../support/filter-arbitraries';
import { selects } from '../support/filter-oracle';
import { copyToQdrant, replaceRecords } from '../support/filter-set';
import { progress, rateSince } from '../support/progress';
import { copyOf, openQdrant, type OpenQdrant } from '../support/qdrant';
import { IDS_ONLY, openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';
import { FILTERS } from './rounds';

const RECORDS = 30;
const FILTERS_PER_SET = 500;
const SETS = FILTERS / FILTERS_PER_SET;
const AT_ONCE = 8;
/** As few as can be: what a filter selects does not hang on vectors. */
const VECTOR = [1];

jest.setTimeout(24 * 3_600_000);

const inputs = fc.oneof({ weight: 199, arbitrary: filterInput }, { weight: 1, arbitrary: largeFilterInput });
const setOf = fc.record({
  documents: fc.array(filterDocument, { minLength: RECORDS, maxLength: RECORDS }),
  inputs: fc.array(inputs, { minLength: FILTERS_PER_SET, maxLength: FILTERS_PER_SET }),
});

/** Real: the product's searches on pgvector and, where there is one, on Qdrant. Beside them the oracle and the evaluator. */
function suite(engine: 'embedded' | 'server', withQdrant: boolean): void {
  let record: OpenRecord;
  let collection: Collection;
  let qdrant: OpenQdrant | undefined;
  const counts = { cases: 0, some: 0, unsupported: 0 };
  const signal = new AbortController().signal;

  beforeAll(async () => {
    record = await openRecord(engine);
    const indexes = [{ field: 'a', type: 'number' as const }];
    await record.collections.put(record.scope, 'c', { dimension: 1, metric: 'dot', indexes });
    collection = await record.collections.resolve(record.scope, 'c');
    if (!withQdrant) return;
    qdrant = openQdrant(services.qdrantUrl ?? '');
    await qdrant.target.prepare(copyOf(collection), signal);
  });
  afterAll(async () => {
    await record.drop();
    await qdrant?.drop();
  });

  async function check(input: unknown, set: readonly FilterDocument[]): Promise<void> {
    const filter = parseFilter(input, { basePath: '/filter' });
    const query = { vector: VECTOR, limit: RECORDS, filter, exact: true, include: IDS_ONLY };
    const wanted = set.filter((each) => selects(input, each));
    const asked = qdrant?.store.supports(filter) ? qdrant.store : undefined;
    const answers = {
      evaluator: idsOf(set.filter((each) => matches(filter, each))),
      pgvector: idsOf(await record.vectors.search(record.scope, collection, query)),
      qdrant: asked ? idsOf(await asked.search(record.scope, collection, query, signal)) : idsOf(wanted),
    };
    for (const [name, found] of Object.entries(answers)) {
      if (found === idsOf(wanted)) continue;
      throw new Error(`${name}: ${found} instead of ${idsOf(wanted)} by ${JSON.stringify(input)}`);
    }
    counts.cases += 1;
    counts.some += wanted.length > 0 && wanted.length < set.length ? 1 : 0;
    counts.unsupported += qdrant && !asked ? 1 : 0;
  }

  it(`selects what the small print says, ${FILTERS} times`, async () => {
    const started = performance.now();
    const property = fc.asyncProperty(setOf, async ({ documents, inputs: waiting }) => {
      const set = documents.map((each, i) => ({ ...each, id: `id${i}` }));
      await replaceRecords(record, collection, set, [VECTOR]);
      if (qdrant) await copyToQdrant(record, qdrant, collection, signal);
      const work = async (): Promise<void> => {
        for (let input = waiting.pop(); input; input = waiting.pop()) await check(input, set);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      progress(`${engine}: ${JSON.stringify(counts)}, ${rateSince(started, counts.cases)} filters/s`);
    });
    await fc.assert(property, { numRuns: SETS, endOnFailure: true });
    expect(counts.cases).toBe(FILTERS);
    // Filters that select nothing or everything would prove little.
    expect(counts.some).toBeGreaterThan(FILTERS / 10);
    expect(counts.unsupported).toBeLessThan(FILTERS / 100);
  });
}

const idsOf = (list: readonly (FilterDocument | VectorHit)[]): string =>
  JSON.stringify(list.map(({ id }) => id).sort());

describe('filters on the embedded engine', () => suite('embedded', false));
describeWith(services.postgresUrl)('filters on a Postgres server', () => {
  describeWith(services.qdrantUrl)('and on Qdrant', () => suite('server', true));
});
