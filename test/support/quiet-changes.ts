import { ChangeFeed } from '../../src/database/change-feed.port';

/** A feed that nobody reads: the null object for tests that are not about events. */
export class QuietChanges extends ChangeFeed {
  hasSubscriber(): boolean {
    return false;
  }

  async append(): Promise<void> {}
}
