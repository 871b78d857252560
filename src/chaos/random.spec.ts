import { Random, vectorOf, zipf } from './random';

const drawn = (random: Random, count = 5): number[] => Array.from({ length: count }, () => random.next());

describe('numbers that follow from a seed', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(drawn(new Random(7))).toEqual(drawn(new Random(7)));
    expect(drawn(new Random(7))).not.toEqual(drawn(new Random(8)));
  });

  it('leave a fork alone, however many were drawn before', () => {
    const random = new Random(7);
    const before = drawn(random.fork('plan'));
    drawn(random, 100);
    expect(drawn(random.fork('plan'))).toEqual(before);
    expect(drawn(random.fork('other'))).not.toEqual(before);
  });

  it('give the first rank of a hundred about a fifth of the draws', () => {
    const pick = zipf(100);
    const random = new Random(1);
    const ranks = Array.from({ length: 10_000 }, () => pick(random));
    expect(ranks.filter((rank) => rank === 0).length / ranks.length).toBeCloseTo(0.193, 1);
    expect(Math.max(...ranks)).toBeLessThan(100);
  });

  it('make vectors of length 1 that belong to their texts', () => {
    const vector = vectorOf('a', 64);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(vectorOf('a', 64)).toEqual(vector);
    expect(vectorOf('b', 64)).not.toEqual(vector);
  });
});
