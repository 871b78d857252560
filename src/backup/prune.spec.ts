import { keptOf } from './prune';

const at = (instant: string) => ({ id: instant, instant });
const ALL = [
  '2026-01-01T01:00:00Z',
  '2026-01-01T23:00:00Z',
  '2026-01-03T05:00:00Z',
  '2026-01-04T05:00:00Z',
  '2026-01-04T06:00:00Z',
].map(at);

describe('keptOf', () => {
  it.each([
    [{ last: 2 }, ['2026-01-04T05:00:00Z', '2026-01-04T06:00:00Z']],
    [{ last: 9 }, ALL.map(({ id }) => id)],
    [{ daily: 1 }, ['2026-01-04T06:00:00Z']],
    [{ daily: 3 }, ['2026-01-01T23:00:00Z', '2026-01-03T05:00:00Z', '2026-01-04T06:00:00Z']],
    [{ last: 2, daily: 2 }, ['2026-01-03T05:00:00Z', '2026-01-04T05:00:00Z', '2026-01-04T06:00:00Z']],
    [{}, []],
  ])('keeps by %j', (rules, kept) => {
    expect([...keptOf(ALL, rules)].sort()).toEqual(kept);
  });
});
