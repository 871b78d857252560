/** How a follower works. The defaults suit a service on the same network; tests make them shorter. */
export interface FollowerOptions {
  /** How long whoever claimed something has it to itself. */
  readonly leaseMs: number;
  /** Entries claimed at once. */
  readonly claimEntries: number;
  /** Bytes of records, as JSON, in one call to the service. */
  readonly maxBatchBytes: number;
  /** Records read at once by a backfill, a comparison and a step of the drift meter. */
  readonly pageRecords: number;
  /** Pause between looks when there is nothing to do: grows from the first to the second. */
  readonly idleMs: readonly [number, number];
  /** Pause after each batch as a share of its own time, so that requests get the service in between. */
  readonly restShare: number;
  /** One call that writes, and one that reads a page. */
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** How long a write that ended without an answer may still arrive. */
  readonly ghostMs: number;
  /** Refusals of one record until it is parked. */
  readonly maxAttempts: number;
  /** Between two steps of the drift meter; 0 turns it off. */
  readonly driftStepMs: number;
  /** Between two looks at copies, leases and lags. */
  readonly keeperMs: number;
  /** Between two raises of the mark in the service's storage. */
  readonly beatMs: number;
  /** How long a copy that was replaced stays, for searches of replicas that have not heard of it. */
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
