import { createHash } from 'node:crypto';
import type { Fingerprint } from './followed-records';

/** Approximate records per bucket: a few changed records must not make all buckets differ. */
const RECORDS_PER_BUCKET = 16;
const MIN_BUCKETS = 256;
const MAX_BUCKETS = 65_536;

/** A power of two, because the bucket is taken from bits of a hash. */
export const bucketsFor = (records: number): number => {
  const wanted = Math.max(1, records / RECORDS_PER_BUCKET);
  return Math.min(MAX_BUCKETS, Math.max(MIN_BUCKETS, 2 ** Math.ceil(Math.log2(wanted))));
};

/**
 * A compact digest of a set of fingerprints: the sum of their hashes per bucket. Two sets are equal when all sums are,
 * in any order; a bucket that differs shows where to look. Sums rather than exclusive-or, so that duplicates are
 * detected.
 */
export class BucketDigests {
  private readonly sums: BigUint64Array;
  size = 0;

  constructor(private readonly buckets: number) {
    this.sums = new BigUint64Array(buckets);
  }

  add(fingerprint: Fingerprint): void {
    const { bucket, hash } = hashOf(fingerprint, this.buckets);
    // The array's elements wrap around.
    this.sums[bucket] = (this.sums[bucket] ?? 0n) + hash;
    this.size += 1;
  }

  differing(other: BucketDigests): ReadonlySet<number> {
    const differing = new Set<number>();
    for (let bucket = 0; bucket < this.buckets; bucket += 1) {
      if (this.sums[bucket] !== other.sums[bucket]) differing.add(bucket);
    }
    return differing;
  }
}

export const bucketOf = (id: string, buckets: number): number =>
  createHash('md5').update(id).digest().readUInt32LE(0) % buckets;

function hashOf({ id, version, digest }: Fingerprint, buckets: number): { bucket: number; hash: bigint } {
  const whole = createHash('md5').update(`${id}\n${version}\n${digest}`).digest();
  return { bucket: bucketOf(id, buckets), hash: whole.readBigUInt64LE(0) };
}
