import { Injectable } from '@nestjs/common';
import type { Lag } from '../registry/service';
import type { ServingCopy } from './follower-target.port';

const NO_LAG: Lag = { records: 0, seconds: 0 };

/**
 * The serving copies, in memory: routing a request never waits. Refreshed about once a second, and at once after a
 * change made by this process. While Postgres is unreachable the last state stays in use.
 */
@Injectable()
export class CopyDirectory {
  private serving: ReadonlyMap<number, ServingCopy> = new Map();
  private lags: ReadonlyMap<number, Lag> = new Map();

  /** The build that answers searches of the collection; `undefined` when Postgres answers. */
  servingEpoch(collectionId: number): string | undefined {
    return this.serving.get(collectionId)?.epoch;
  }

  servingCopy(collectionId: number): ServingCopy | undefined {
    return this.serving.get(collectionId);
  }

  /** Changes that the collection's copy has not applied yet. At most about a second old. */
  lagOf(collectionId: number): Lag {
    return this.lags.get(collectionId) ?? NO_LAG;
  }

  /** Of all collections together. */
  get lag(): Lag {
    let records = 0;
    let seconds = 0;
    for (const lag of this.lags.values()) {
      records += lag.records;
      seconds = Math.max(seconds, lag.seconds);
    }
    return { records, seconds };
  }

  get lagsByCollection(): ReadonlyMap<number, Lag> {
    return this.lags;
  }

  replaceServing(serving: ReadonlyMap<number, ServingCopy>): void {
    this.serving = serving;
  }

  replaceLags(lags: ReadonlyMap<number, Lag>): void {
    this.lags = lags;
  }

  /** The copy was found missing: it must not be used again, even if the database still lists it. */
  remove(collectionId: number, epoch: string): void {
    if (this.serving.get(collectionId)?.epoch !== epoch) return;
    const serving = new Map(this.serving);
    serving.delete(collectionId);
    this.serving = serving;
  }
}
