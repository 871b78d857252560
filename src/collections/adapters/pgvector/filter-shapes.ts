import { createHash } from 'node:crypto';
import { ExpiringCache } from '../../../common/expiring-cache';
import type { FilterNode } from '../../../common/filter';
import { shareOf, type FilterEstimate } from './filter-plan';

const KEPT_MS = 600_000;
const MOST_SHAPES = 2_000;
/** So many filters of a shape must agree. */
const ENOUGH = 8;
/** Shares agree when none is above this, or all are within a factor of each other. */
const SMALL_SHARE = 0.005;
const FACTOR = 2;
/** So many of the filters are sampled all the same: values change, and one may differ. */
const SAMPLED = 1 / 8;

/**
 * Filters that differ in their values alone, such as one for each user. Where the last ones selected about as many records
 * each, the next needs no sample.
 */
export class FilterShapes {
  private readonly seen = new ExpiringCache<readonly FilterEstimate[]>(MOST_SHAPES, KEPT_MS);

  constructor(private readonly random: () => number = Math.random) {}

  /** What a filter of this shape selects, if that is clear; now and then `undefined`, so that one is sampled again. */
  expected(shape: string): FilterEstimate | undefined {
    const seen = this.seen.get(shape) ?? [];
    const shares = seen.map(shareOf);
    const [least, most] = [Math.min(...shares), Math.max(...shares)];
    const agree = seen.length >= ENOUGH && (most <= SMALL_SHARE || most <= FACTOR * least);
    return agree && this.random() >= SAMPLED ? seen.at(-1) : undefined;
  }

  add(shape: string, estimate: FilterEstimate): void {
    this.seen.set(shape, [...(this.seen.get(shape) ?? []), estimate].slice(-ENOUGH));
  }
}

/** A filter without its values: fields, operators, and about how long the lists are. */
export function shapeOf(filter: FilterNode): string {
  const text = JSON.stringify(filter, (key, value: unknown) => {
    if (key === 'operand') return typeof value;
    return key === 'values' && Array.isArray(value) ? Math.ceil(Math.log2(value.length + 1)) : value;
  });
  return createHash('sha1').update(text).digest('base64');
}
