import { filterNodeOf } from './filter';

const size = (range: Record<string, unknown>) => ({ must: { key: 'size', range } });
const word = (index: number) => `w${index}`;
const wordy = (count: number) => ({
  key: 'a',
  match: { text_any: Array.from({ length: count }, (_, index) => word(index)).join(' ') },
});

describe("Qdrant's filters", () => {
  it.each(['gt', 'gte', 'lt', 'lte'])('refuse a bound "%s" that no double holds', (bound) => {
    for (const value of [Infinity, -Infinity]) {
      expect(() => filterNodeOf(size({ [bound]: value }))).toThrow('number out of range');
      expect(() => filterNodeOf(size({ gt: 0, [bound]: value }))).toThrow('number out of range');
    }
    expect(filterNodeOf(size({ [bound]: 1e308 }))).toMatchObject({ kind: 'compare', op: bound, operand: 1e308 });
  });

  it('take 256 words, each a separate condition', () => {
    expect(filterNodeOf({ must: wordy(256) })).toMatchObject({ kind: 'or' });
    expect(() => filterNodeOf({ must: wordy(257) })).toThrow('at most 256 words');
    expect(() =>
      filterNodeOf({ must: { key: 'a', match: { text: 'a b '.repeat(9) + wordy(257).match.text_any } } }),
    ).toThrow('at most 256 words');
    expect(() => filterNodeOf({ should: [1, 2, 3, 4].map(() => wordy(250)) })).not.toThrow();
    expect(() => filterNodeOf({ should: [1, 2, 3, 4].map(() => wordy(251)) })).toThrow('at most 1000 conditions');
  });

  it('count what "min_should" repeats', () => {
    const any = (count: number) => ({ key: 'a', match: { any: Array.from({ length: count }, (_, index) => index) } });
    const atLeast = (min_count: number, conditions: unknown[]) => ({ min_should: { min_count, conditions } });
    const few = Array.from({ length: 20 }, () => any(1));
    expect(() => filterNodeOf(atLeast(3, few))).not.toThrow();
    const large = Array.from({ length: 20 }, () => any(10_000));
    for (const min_count of [1, 20]) expect(() => filterNodeOf(atLeast(min_count, large))).not.toThrow();
    expect(() => filterNodeOf(atLeast(2, large))).toThrow('min_should has too many');
    const nested = atLeast(
      2,
      [1, 2, 3].map(() => atLeast(2, [any(6_000), any(1), any(1)])),
    );
    expect(() => filterNodeOf(nested)).toThrow('min_should has too many');
  });

  it('have keys of at most 32 steps', () => {
    const key = new Array(33).fill('a').join('.');
    expect(() => filterNodeOf({ must: { key, match: { value: 1 } } })).toThrow('at most 32 steps');
    expect(() => filterNodeOf({ must: { nested: { key, filter: {} } } })).toThrow('at most 32 steps');
    expect(() => filterNodeOf({ must: { is_empty: { key } } })).toThrow('at most 32 steps');
  });
});
