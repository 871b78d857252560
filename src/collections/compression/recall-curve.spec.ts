import { candidatesFor } from '../adapters/pgvector/candidates';
import { candidatesOf, chosenCodes, curveOf, estimate } from './recall-curve';
import type { QueryRanks } from './recall-meter';

const ranks = (rank: number, count = 200): QueryRanks[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `q${index}`,
    ranks10: Array.from({ length: 10 }, () => rank),
    ranks100: Array.from({ length: 100 }, () => rank),
    half: 1,
  }));

describe('the recall curve', () => {
  it('tells the share of neighbours among so many candidates', () => {
    const curve = curveOf(ranks(150), 1).filter(({ scheme, results }) => scheme === 'binary' && results === 10);
    expect(curve.map(({ candidates, recall }) => [candidates, recall])).toEqual(
      [10, 20, 50, 100, 200, 400, 800, 1_600, 3_200].map((candidates) => [candidates, candidates >= 150 ? 1 : 0]),
    );
  });

  it('scales ranks up where a part was compared', () => {
    expect(candidatesOf(curveOf(ranks(40), 5), 0.99)).toEqual({ for10: 200, for100: 200 });
  });

  it('gives intervals that hold the mean, and are wider with fewer queries', () => {
    const many = estimate(
      Array.from({ length: 200 }, (_, i) => (i % 10 === 0 ? 0.9 : 1)),
      10,
    );
    const few = estimate(
      Array.from({ length: 20 }, (_, i) => (i % 10 === 0 ? 0.9 : 1)),
      10,
    );
    expect(many.recall).toBeCloseTo(0.99, 6);
    for (const { low, recall, high } of [many, few]) expect(low < recall && recall < high && high <= 1).toBe(true);
    expect(few.low).toBeLessThan(many.low);
  });

  it('counts no certainty from perfect answers to few queries', () => {
    expect(estimate([1, 1, 1], 10).low).toBeLessThan(0.99);
    expect(estimate([], 10)).toMatchObject({ recall: 0, low: 0 });
  });

  it.each([
    ['none', 150, 'vector'],
    ['half', 150, 'halfvec'],
    ['int8', 150, 'halfvec'],
    ['int4', 150, 'halfvec'],
    ['binary', 150, 'bit'],
    ['auto', 150, 'bit'],
    ['auto', 5_000, 'halfvec'],
    ['binary', 5_000, undefined],
  ] as const)('chooses for %s with neighbours at rank %i: %s', (scheme, rank, kind) => {
    const codes = chosenCodes(scheme, curveOf(ranks(rank), 1), [0], { target: 0.99, canBeHalf: true });
    expect(codes?.kind).toBe(kind);
  });

  it('compares more candidates for more results', () => {
    const codes = { kind: 'bit', centre: [], candidates: { for10: 100, for100: 550 } } as const;
    expect([1, 10, 55, 100, 1_000].map((limit) => candidatesFor(codes, limit))).toEqual([100, 100, 325, 550, 5_500]);
  });
});
