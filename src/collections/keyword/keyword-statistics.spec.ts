import { KeywordStatistics } from './keyword-statistics';

describe('KeywordStatistics', () => {
  let nowMs = 0;
  const statistics = (): KeywordStatistics => new KeywordStatistics(() => nowMs);

  it('keeps what was counted for a few seconds', () => {
    const known = statistics();
    known.remember(1, { documents: 100_000, meanLength: 10 });
    expect(known.get(1)).toMatchObject({ documents: 100_000, meanLength: 10 });
    expect(known.get(2)).toBeUndefined();
    nowMs += 5_000;
    expect(known.get(1)).toBeUndefined();
  });

  it('lets small collections be counted each time', () => {
    const known = statistics();
    known.remember(1, { documents: 2_000, meanLength: 10 });
    expect(known.get(1)).toBeUndefined();
  });

  it('forgets a collection that was dropped or has shrunk', () => {
    const known = statistics();
    known.remember(1, { documents: 5_000, meanLength: 10 });
    known.forget(1);
    expect(known.get(1)).toBeUndefined();
    known.remember(1, { documents: 5_000, meanLength: 10 });
    known.remember(1, { documents: 5, meanLength: 10 });
    expect(known.get(1)).toBeUndefined();
  });

  it('remembers a bounded number of collections', () => {
    const known = statistics();
    for (let id = 0; id <= 1_000; id += 1) known.remember(id, { documents: 5_000, meanLength: 10 });
    expect(known.get(0)).toBeUndefined();
    expect(known.get(1_000)).toBeDefined();
  });
});
