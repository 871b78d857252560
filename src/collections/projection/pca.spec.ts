import { seededRandom } from '../../common/seeded-random';
import { principalPlane, toUnitLength } from './pca';

const random = (seed: number): (() => number) => {
  const next = seededRandom(seed);
  return () => 2 * next() - 1;
};

/** Points that differ most along the third dimension, less along the first, hardly along the rest. */
function flatCloud(count: number, dimension: number): Float32Array {
  const next = random(3);
  const spread = Array.from({ length: dimension }, (_, i) => (i === 2 ? 10 : i === 0 ? 4 : 0.1));
  return Float32Array.from({ length: count * dimension }, (_, at) => 5 + next() * (spread[at % dimension] ?? 0));
}

describe('principalPlane', () => {
  it('finds the two directions of most variance', () => {
    const rows = flatCloud(400, 6);
    const { coordinates, explained } = principalPlane(Float32Array.from(rows), 6);
    const correlation = (axis: number, dimension: number): number => {
      const pairs = Array.from({ length: 400 }, (_, row) => [
        coordinates[row * 2 + axis] ?? 0,
        (rows[row * 6 + dimension] ?? 0) - 5,
      ]);
      const sum = (term: (a: number, b: number) => number): number =>
        pairs.reduce((all, [a = 0, b = 0]) => all + term(a, b), 0);
      return Math.abs(sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b)));
    };
    expect(correlation(0, 2)).toBeGreaterThan(0.99);
    expect(correlation(1, 0)).toBeGreaterThan(0.99);
    expect(explained[0]).toBeGreaterThan(0.8);
    expect(explained[0] + explained[1]).toBeGreaterThan(0.99);
  });

  it('gives the same picture each time, within -1 and 1', () => {
    const [a, b] = [principalPlane(flatCloud(50, 4), 4), principalPlane(flatCloud(50, 4), 4)];
    expect(a).toEqual(b);
    expect(Math.max(...a.coordinates.map(Math.abs))).toBeCloseTo(1);
  });

  it.each<[string, number[], number]>([
    ['nothing', [], 3],
    ['one row', [1, 2, 3], 3],
    ['equal rows', [1, 2, 1, 2, 1, 2], 2],
  ])('puts %s in the middle', (_name, rows, dimension) => {
    const { coordinates, explained } = principalPlane(Float32Array.from(rows), dimension);
    expect([...coordinates]).toEqual(Array.from({ length: (rows.length / dimension) * 2 }, () => 0));
    expect(explained).toEqual([0, 0]);
  });

  it('lays one dimension out on a line', () => {
    const { coordinates, explained } = principalPlane(Float32Array.from([0, 1, 2]), 1);
    expect([...coordinates]).toEqual([-1, 0, 0, 0, 1, 0]);
    expect(explained).toEqual([1, 0]);
  });
});

describe('toUnitLength', () => {
  it('keeps directions alone, and leaves nothing as it is', () => {
    const rows = Float32Array.from([3, 4, 0, 0]);
    toUnitLength(rows, 2);
    expect([...rows].map((value) => Math.round(value * 10) / 10)).toEqual([0.6, 0.8, 0, 0]);
  });
});
