import { place, replace, type Known } from './plan';

const day = (n: number): Date => new Date(Date.UTC(2024, 0, n));
const fact = (id: string, value: string, from: number, more: Partial<Known> = {}): Known => ({
  id,
  order: from,
  kind: 'fact',
  chain: 'c',
  value,
  validFrom: day(from),
  endsAt: null,
  expiresAt: null,
  isDeleted: false,
  validTo: null,
  supersededAt: null,
  supersededBy: null,
  ...more,
});
const put = (timeline: Known[], id: string, value: string, from: number, endsAt: Date | null = null) =>
  place({ id, value, validFrom: day(from), endsAt }, timeline, day(30));

describe('place', () => {
  it('lets a later fact supersede the present one', () => {
    const timeline = [fact('a', 'blue', 1)];
    expect(put(timeline, 'b', 'red', 5)).toMatchObject({ validTo: null, supersedes: ['a'] });
    expect(timeline[0]).toMatchObject({ validTo: day(5), supersededBy: 'b' });
  });

  it('files a fact of before into the past: it supersedes nothing and ends where the next begins', () => {
    const timeline = [fact('a', 'blue', 1, { validTo: day(9), supersededBy: 'b' }), fact('b', 'red', 9)];
    expect(put(timeline, 'x', 'green', 5)).toMatchObject({ validTo: day(9), supersededBy: 'b', supersedes: [] });
    expect(timeline.map(({ validTo, supersededBy }) => [validTo, supersededBy])).toEqual([
      [day(5), 'b'],
      [null, null],
    ]);
  });

  it('leaves the same value alone', () => {
    const timeline = [fact('a', 'blue', 1)];
    expect(put(timeline, 'b', 'blue', 5)).toMatchObject({ validTo: null, supersedes: [] });
    expect(timeline[0]?.validTo).toBeNull();
  });

  it('keeps a declared end that comes first', () => {
    expect(put([fact('b', 'red', 9)], 'x', 'green', 5, day(6))).toMatchObject({ validTo: day(6), supersededBy: null });
  });

  it('does not count a deleted fact as superseded', () => {
    expect(put([fact('a', '#a', 1, { isDeleted: true })], 'b', 'red', 5).supersedes).toEqual([]);
  });
});

describe('replace', () => {
  it('gives a fact the end that the others leave it', () => {
    const a = fact('a', 'blue', 1, { validTo: day(5), supersededBy: 'b' });
    expect(replace(a, [a])).toEqual({ validTo: null, supersededBy: null });
    expect(replace(a, [a, fact('c', 'red', 7)])).toEqual({ validTo: day(7), supersededBy: 'c' });
  });
});
