import { adviceOn } from './advice.service';
import type { StoredSlowFilter } from './slow-filters.repository';

const slow = (field: string, more: Partial<StoredSlowFilter> = {}): StoredSlowFilter => ({
  field,
  type: 'string',
  operators: ['$eq'],
  searches: 2,
  totalMs: 100,
  worstMs: 60,
  selectedShare: 0.001,
  indexShare: 0.001,
  records: 100_000,
  totalCost: 26_000,
  lastAt: new Date(0),
  operation: null,
  ...more,
});
const indexes = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ field: `i${at}`, type: 'string' as const }));

describe('advice', () => {
  it('is never for more indexes than the collection may have', () => {
    const seen = [slow('a'), slow('b', { operation: 'o' }), slow('useless', { indexShare: 1 }), slow('c'), slow('d')];
    const actions = (count: number) => adviceOn(seen, indexes(count), 'server').map(({ action }) => action);
    expect(actions(0)).toEqual(['create_index', 'building', 'none', 'create_index', 'create_index']);
    expect(actions(29)).toEqual(['create_index', 'building', 'none', 'create_index', 'none']);
    expect(actions(30)).toEqual(['create_index', 'building', 'none', 'none', 'none']);
    expect(actions(31)).toEqual(['none', 'building', 'none', 'none', 'none']);
  });

  it('says nothing of a field that has an index', () => {
    expect(adviceOn([slow('i0'), slow('i0', { type: 'number' })], indexes(1), 'server')).toMatchObject([
      { seen: { field: 'i0', type: 'number' }, action: 'create_index' },
    ]);
  });

  it('compares with what the searches did, not with a test of every record', () => {
    // The graph served them.
    const [advice] = adviceOn([slow('a', { indexShare: 0.1, totalCost: 2 * 700 })], [], 'server');
    expect(advice).toMatchObject({ action: 'none', meanMs: 50, expectedMs: 50 });
  });
});
