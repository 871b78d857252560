import type { CurvePoint, Estimate } from './recall-curve';

/** What was measured of a collection's own vectors. */
export interface Measurement {
  readonly records: number;
  /** How many of them were compared. */
  readonly sampled: number;
  readonly queries: number;
  readonly centre: readonly number[];
  readonly curve: readonly CurvePoint[];
  /** Ids of records that are sent to the built index as queries. */
  readonly asked: readonly string[];
  /** Of the serving index, as searches get it; absent until one was verified. */
  readonly verified?: Estimate | undefined;
  /** Bytes of the vector index that was replaced, and how many records there were. */
  readonly before?: { readonly bytes: number; readonly records: number };
}
