import type { CurvePoint, Estimate } from './recall-curve';

/** A query and the distance of its tenth neighbour: what an index finds within it is right. */
export interface TrueDistance {
  readonly id: string;
  readonly version: number;
  readonly distance: number;
}

/** What was measured of a collection's own vectors. */
export interface Measurement {
  readonly records: number;
  /** How many of them were compared. */
  readonly sampled: number;
  readonly queries: number;
  readonly centre: readonly number[];
  readonly curve: readonly CurvePoint[];
  readonly truth: readonly TrueDistance[];
  /** Of the serving index, as searches get it; absent until one was verified. */
  readonly verified?: Estimate;
  /** Bytes of the vector index that was replaced, and how many records there were. */
  readonly before?: { readonly bytes: number; readonly records: number };
}
