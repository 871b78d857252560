import { placed, score, WEIGHTS } from './scoring';

describe('placed', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const scored = score(
    ids.map((id) => ({ id, validFrom: new Date(0), importance: 0.5 })),
    new Map(ids.map((id, index) => [id, { score: 4 - index, parts: {} }])),
    { at: new Date(0), weights: { ...WEIGHTS, recency: 0 }, halfLifeDays: 90 },
  );

  it('gives every hit the score of its place', () => {
    const timeline = { members: [{ id: 'c', status: 'holds' as const }], order: ['c', 'a', 'b', 'd'] };
    expect(placed(scored, timeline).map(({ id, score: own }) => [id, own])).toEqual([
      ['c', 4],
      ['a', 3],
      ['b', 2],
      ['d', 1],
    ]);
  });

  it('lists every hit once, also where one that was looked at is gone', () => {
    const timeline = { members: [{ id: 'c', status: 'holds' as const }], order: ['c', 'a'] };
    expect(placed(scored, timeline).map(({ id }) => id)).toEqual(['c', 'a', 'b', 'd']);
  });
});
