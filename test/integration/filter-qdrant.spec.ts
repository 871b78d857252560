import * as fc from 'fast-check';
import { compileFilter } from '../../src/collections/adapters/qdrant/filter-qdrant';
import { payloadOf } from '../../src/collections/adapters/qdrant/payload';
import { pointIdOf } from '../../src/collections/adapters/qdrant/point-id';
import { matches, parseFilter, type FilterDocument } from '../../src/common/filter';
import { filterDocument, filterInput } from '../support/filter-arbitraries';
import { holdsInQdrant } from '../support/qdrant-filter';

/** Fake: Qdrant's evaluation of a filter, as its documentation describes it; `qdrant-parity.spec.ts` asks the real one. */
describe('filters for Qdrant', () => {
  it('select what the reference evaluator selects', () => {
    const counts = { cases: 0, some: 0, unsupported: 0 };
    const documents = fc.array(filterDocument, { minLength: 30, maxLength: 40 });
    const filters = fc.array(filterInput, { minLength: 250, maxLength: 250 });
    const property = fc.property(documents, filters, (bare, inputs) => {
      const set = bare.map((each, i): FilterDocument => ({ ...each, id: `id${i}` }));
      const points = set.map(pointOf);
      for (const input of inputs) {
        const node = parseFilter(input, { basePath: '/filter' });
        const condition = compileFilter(node);
        counts.cases++;
        if (!condition) {
          counts.unsupported++;
          continue;
        }
        const found = points.filter(({ id, payload }) => holdsInQdrant(condition, payload, id)).length;
        set.forEach((document, i) => {
          if (holdsInQdrant(condition, points[i]?.payload, points[i]?.id) === matches(node, document)) return;
          throw new Error(`${JSON.stringify(input)} of ${JSON.stringify(document)}`);
        });
        counts.some += found > 0 && found < set.length ? 1 : 0;
      }
    });
    fc.assert(property, { numRuns: 40, endOnFailure: true });
    expect(counts.cases).toBe(10_000);
    expect(counts.unsupported).toBeLessThan(20);
    // Filters that select nothing or everything would prove little.
    expect(counts.some).toBeGreaterThan(2_000);
  });
});

/** As the follower writes it, and as it comes out of JSON. */
function pointOf(document: FilterDocument): { id: string; payload: unknown } {
  const copy = { collectionId: 1, projectId: 1, dimension: 1, metric: 'dot', indexes: [], epoch: 'e' } as const;
  const payload = payloadOf(copy, {
    id: document.id,
    version: document.version,
    vector: [],
    text: document.text ?? null,
    metadata: document.metadata as Record<string, unknown>,
    createdAt: document.created_at,
    updatedAt: document.updated_at,
    digest: '',
  });
  return { id: pointIdOf(document.id), payload: JSON.parse(JSON.stringify(payload)) as unknown };
}
