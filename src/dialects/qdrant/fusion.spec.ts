import { fused, fusionOf } from './fusion';

const ranking = (...hits: [string, number][]) => hits.map(([id, score]) => ({ id, score, version: 1 }));
const scores = (list: ReturnType<typeof fused>) => list.map(({ id, score }) => [id, Number(score.toFixed(4))]);

describe('the fusion of rankings', () => {
  const one = ranking(['a', 9], ['b', 5], ['c', 1]);
  const two = ranking(['c', 0.9], ['a', 0.1]);

  it('adds 1 / (k + place), from 0, and orders ties by id', () => {
    const rrf = fusionOf({ fusion: 'rrf' });
    expect(scores(fused(rrf, [one, two]))).toEqual([
      ['a', 0.8333],
      ['c', 0.75],
      ['b', 0.3333],
    ]);
    expect(scores(fused(rrf, [ranking(['z', 1]), ranking(['b', 1])]))).toEqual([
      ['b', 0.5],
      ['z', 0.5],
    ]);
    expect(scores(fused(fusionOf({ rrf: { k: 60 } }), [two]))).toEqual([
      ['c', 0.0167],
      ['a', 0.0164],
    ]);
  });

  it('counts places of a weighty ranking as nearer to the first, and none of one without weight', () => {
    const weighed = fusionOf({ rrf: { k: 10, weights: [3, 0] } });
    expect(scores(fused(weighed, [one, two]))).toEqual([
      ['a', 0.1071],
      ['b', 0.1034],
      ['c', 0.1],
    ]);
  });

  it('adds where scores stand in their distribution', () => {
    const dbsf = fusionOf({ fusion: 'dbsf' });
    expect(scores(fused(dbsf, [one]))).toEqual([
      ['a', 0.6667],
      ['b', 0.5],
      ['c', 0.3333],
    ]);
    expect(scores(fused(dbsf, [ranking(['a', 7]), ranking(['b', 2], ['c', 2])]))).toEqual([
      ['a', 0.5],
      ['b', 0.5],
      ['c', 0.5],
    ]);
    expect(fused(dbsf, [[], []])).toEqual([]);
  });

  it.each([
    [{ fusion: 'sum' }],
    [{ rrf: { k: 'two' } }],
    [{ rrf: { k: 1.5 } }],
    [{ rrf: { weights: ['x'] } }],
    [{ rrf: { weights: [-1] } }],
    [{ rrf: 1 }],
  ])('refuses %j', (input) => {
    expect(() => fusionOf(input)).toThrow('Format error');
  });
});
