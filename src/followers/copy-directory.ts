import { Injectable } from '@nestjs/common';
import type { Lag } from '../registry/service';

const NO_LAG: Lag = { records: 0, seconds: 0 };

/**
 * Which copies serve, from memory: whoever routes a request never waits for it. Filled about once a second, and at once
 * after a change made by this process. While Postgres is away it says what it knew last.
 */
@Injectable()
export class CopyDirectory {
  private serving: ReadonlyMap<number, string> = new Map();
  private lags: ReadonlyMap<number, Lag> = new Map();

  /** The build that answers searches of the collection; `undefined`: none, Postgres answers. */
  servingEpoch(collectionId: number): string | undefined {
    return this.serving.get(collectionId);
  }

  /** What the collection's copy has not applied yet. At most about a second old. */
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

  replaceServing(serving: ReadonlyMap<number, string>): void {
    this.serving = serving;
  }

  replaceLags(lags: ReadonlyMap<number, Lag>): void {
    this.lags = lags;
  }

  /** The copy turned out not to be there: nobody is to ask it again, whatever the database still says. */
  forget(collectionId: number, epoch: string): void {
    if (this.serving.get(collectionId) !== epoch) return;
    const serving = new Map(this.serving);
    serving.delete(collectionId);
    this.serving = serving;
  }
}
