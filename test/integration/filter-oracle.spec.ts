import * as fc from 'fast-check';
import { matches, parseFilter, type FilterDocument } from '../../src/common/filter';
import { filterDocument, filterInput, largeFilterInput } from '../support/filter-arbitraries';
import { selects } from '../support/filter-oracle';

/** Real: the parser and the evaluator. Beside them: a second reading of the small print that shares no code with them. */
describe('the evaluator and the small print', () => {
  const agree = (filters: fc.Arbitrary<Record<string, unknown>>, count: number, runs: number): void => {
    const documents = fc.array(filterDocument, { minLength: 20, maxLength: 20 });
    const inputs = fc.array(filters, { minLength: count, maxLength: count });
    const property = fc.property(documents, inputs, (bare, sample) => {
      const set = bare.map((each, index): FilterDocument => ({ ...each, id: `id${index}` }));
      for (const input of sample) {
        const node = parseFilter(input, { basePath: '/filter' });
        const wrong = set.find((each) => matches(node, each) !== selects(input, each));
        if (wrong) throw new Error(`${JSON.stringify(input)} of ${JSON.stringify(wrong)}`);
      }
    });
    fc.assert(property, { numRuns: runs, endOnFailure: true });
  };

  it('agree about 10,000 filters', () => agree(filterInput, 250, 40), 60_000);

  it('agree about filters near the limits', () => agree(largeFilterInput, 5, 20), 60_000);
});
