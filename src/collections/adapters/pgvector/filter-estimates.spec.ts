import { parseFilter } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import type { QueryResult } from '../../../database/database.port';
import type { Collection } from '../../collection';
import { FilterEstimates } from './filter-estimates';

const scope: Scope = { projectId: 1, projectName: 'p' };
const collection = { id: 1, settings: { indexes: [] } } as unknown as Collection;
const by = (user: string) => parseFilter({ user }, { basePath: '/filter' });

/** Users with ten of 2,000 sampled records each, but one. */
function opened() {
  let samples = 0;
  const query = <Row>(_scope: Scope, _sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> => {
    samples += 1;
    const selected = JSON.stringify(params).includes('big') ? 1_000 : 10;
    const row = { sampled: 2_000, selected, handed_over: null, percent: 100 };
    return Promise.resolve({ rows: [row] as Row[], rowCount: 1 });
  };
  const estimates = new FilterEstimates({ query });
  return { estimates, samples: () => samples };
}

describe('estimates of filters', () => {
  it('are those of other filters of the shape at first, and its own once a filter is asked again', async () => {
    const { estimates } = opened();
    for (let at = 0; at < 8; at += 1) await estimates.of(scope, collection, by(`u${at}`));
    await estimates.of(scope, collection, by('big'));
    await estimates.of(scope, collection, by('big'));
    await new Promise(setImmediate);
    expect((await estimates.of(scope, collection, by('big'))).estimate.selected).toBe(1_000);
  });

  it('are made once for a filter, and seldom for one of a shape that is known', async () => {
    const { estimates, samples } = opened();
    for (let at = 0; at < 3; at += 1) await estimates.of(scope, collection, by('u'));
    expect(samples()).toBe(1);
    for (let at = 0; at < 200; at += 1) await estimates.of(scope, collection, by(`u${at}`));
    expect(samples()).toBeLessThan(100);
  });
});
