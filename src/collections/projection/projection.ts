/** A sample of a collection's vectors, laid out in the plane. */
export interface Projection {
  /** Records of the collection, and the newest version among them, when it was made. */
  readonly records: number;
  readonly version: number;
  readonly ids: readonly string[];
  /** x and y of each id in turn, -1 to 1. */
  readonly coordinates: Float32Array;
  readonly explained: readonly [number, number];
  readonly madeAt: Date;
}

/** More points than a screen can tell apart. */
const MAX_POINTS = 5_000;
/** 32 MiB of numbers: long vectors make a smaller sample. */
const MAX_NUMBERS = 8 * 1024 * 1024;

/** How many records of so many dimensions are looked at. */
export const sampleSize = (dimension: number): number =>
  Math.min(MAX_POINTS, Math.max(1, Math.floor(MAX_NUMBERS / dimension)));
