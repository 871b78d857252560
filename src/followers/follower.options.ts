/** Timing and sizes of a follower's work. The defaults suit a service on the same network; tests use shorter times. */
export interface FollowerOptions {
  /** Duration of a claim. */
  readonly leaseMs: number;
  /** Entries per claim. */
  readonly claimEntries: number;
  /** Maximum bytes of records, as JSON, in one call to the service. */
  readonly maxBatchBytes: number;
  /** Records per page of a backfill, a comparison and a step of the drift meter. */
  readonly pageRecords: number;
  /** Pause between polls when there is nothing to do; grows from the first value to the second. */
  readonly idleMs: readonly [number, number];
  /** Pause after each batch as a share of its duration, so that requests reach the service in between. */
  readonly restShare: number;
  /** Timeouts of one write and of one read of a page. */
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** How long a write that ended without an answer may still arrive. */
  readonly ghostMs: number;
  /** Refusals before a record is parked. */
  readonly maxAttempts: number;
  /** Milliseconds between two steps of the drift meter; 0 turns it off. */
  readonly driftStepMs: number;
  /** Milliseconds between two checks of copies, leases and lags. */
  readonly keeperMs: number;
  /** Milliseconds between two updates of the mark in the service's storage. */
  readonly beatMs: number;
  /** How long a replaced copy is kept, for replicas that do not know the new one yet. */
  readonly retiredMs: number;
}

export const DEFAULT_FOLLOWER_OPTIONS: FollowerOptions = {
  leaseMs: 30_000,
  claimEntries: 512,
  maxBatchBytes: 4 * 1024 * 1024,
  pageRecords: 500,
  idleMs: [50, 500],
  restShare: 0.25,
  writeTimeoutMs: 5_000,
  readTimeoutMs: 5_000,
  ghostMs: 65_000,
  maxAttempts: 5,
  driftStepMs: 1_000,
  keeperMs: 1_000,
  beatMs: 5_000,
  retiredMs: 30_000,
};
