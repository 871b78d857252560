import type { Copy, FollowedRecord } from './follower-target.port';

/** Searches a copy for the records' own vectors: a stored record is not always found. */
export abstract class CanaryCheck {
  /** Ids of the records that are not among the nearest to their own vectors. */
  abstract findMissing(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<readonly string[]>;
}

/** For engines without a search. */
export class NoCanaryCheck extends CanaryCheck {
  findMissing(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}
