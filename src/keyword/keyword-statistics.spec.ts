import { KeywordStatistics } from './keyword-statistics';

describe('KeywordStatistics', () => {
  let nowMs = 0;
  const statistics = (): KeywordStatistics => new KeywordStatistics(() => nowMs);

  it('keeps what was counted, and has one caller count again when it is no longer fresh', () => {
    const known = statistics();
    known.store(1, { documents: 100_000, meanLength: 10 });
    expect(known.get(1)).toMatchObject({ documents: 100_000, meanLength: 10 });
    expect(known.get(2)).toBeUndefined();
    expect(known.isDue(1)).toBe(false);
    nowMs += 25_000;
    expect([known.isDue(1), known.isDue(1)]).toEqual([true, false]);
    expect(known.get(1)).toBeDefined();
    nowMs += 5_000;
    expect(known.isDue(1)).toBe(true);
    nowMs += 55_000;
    expect(known.get(1)).toBeUndefined();
  });

  it('counts a large collection less often than a small one', () => {
    const known = statistics();
    known.store(1, { documents: 5_000, meanLength: 10 });
    known.store(2, { documents: 1_000_000_000, meanLength: 10 });
    nowMs += 5_000;
    expect([known.isDue(1), known.isDue(2)]).toEqual([true, false]);
    nowMs += 295_000;
    expect(known.isDue(2)).toBe(true);
  });

  it('lets small collections be counted each time', () => {
    const known = statistics();
    known.store(1, { documents: 2_000, meanLength: 10 });
    expect(known.get(1)).toBeUndefined();
  });

  it('forgets a collection that was dropped or has shrunk', () => {
    const known = statistics();
    known.store(1, { documents: 5_000, meanLength: 10 });
    known.evict(1);
    expect(known.get(1)).toBeUndefined();
    known.store(1, { documents: 5_000, meanLength: 10 });
    known.store(1, { documents: 5, meanLength: 10 });
    expect(known.get(1)).toBeUndefined();
  });

  it('remembers a bounded number of collections', () => {
    const known = statistics();
    for (let id = 0; id <= 1_000; id += 1) known.store(id, { documents: 5_000, meanLength: 10 });
    expect(known.get(0)).toBeUndefined();
    expect(known.get(1_000)).toBeDefined();
  });
});
