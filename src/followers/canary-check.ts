import type { Copy, FollowedRecord } from './follower-target.port';

/** Asks a copy for the nearest records of vectors it was given: what is stored is not always found. */
export abstract class CanaryCheck {
  /** Ids of the records that are not among the nearest of their own vectors. */
  abstract lost(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<readonly string[]>;
}

/** For engines that have no search of their own. */
export class NoCanaryCheck extends CanaryCheck {
  lost(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}
