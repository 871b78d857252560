export type Value = string | number | boolean | null;

export interface MapPoint {
  readonly id: string;
  /** -1 to 1. */
  readonly x: number;
  readonly y: number;
  /** Of the field that colours the map. */
  readonly value?: Value;
}

/** A collection's vectors in the plane, as the API gives them. */
export interface Projection {
  readonly records: number;
  readonly explained: readonly number[];
  readonly made_at: string;
  readonly points: readonly MapPoint[];
}
