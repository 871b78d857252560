import { seededRandom } from '../common/seeded-random';

/**
 * Numbers that follow from a seed: one seed, one schedule. `fork` returns a separate stream for each part, so that a
 * part that draws more or fewer numbers does not affect the others.
 */
export class Random {
  /** At least 0, less than 1. */
  readonly next: () => number;

  constructor(private readonly seed: number) {
    this.next = seededRandom(seed);
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[Math.floor(this.next() * values.length)];
    if (value === undefined) throw new Error('There is nothing to pick from.');
    return value;
  }

  fork(name: string): Random {
    return new Random(hash(`${this.seed}/${name}`));
  }
}

/** FNV-1a over UTF-16 units, 32 bits. */
export const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
};

/** Draws ranks from 0 to `count - 1`; rank r is drawn in proportion to 1 / (r + 1): a few keys get most of the work. */
export const zipf = (count: number): ((random: Random) => number) => {
  const sums: number[] = [];
  for (let rank = 0; rank < count; rank += 1) sums.push((sums[rank - 1] ?? 0) + 1 / (rank + 1));
  const total = sums[count - 1] ?? 0;
  return (random) => {
    const drawn = random.next() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
};

/** The vector of a text: of length 1, always the same for the same text, unlike that of any other. */
export const vectorOf = (text: string, dimension: number): number[] => {
  const random = new Random(hash(text));
  const values = Array.from({ length: dimension }, () => random.next() + random.next() + random.next() - 1.5);
  const length = Math.hypot(...values);
  return values.map((value) => Math.fround(value / length));
};
