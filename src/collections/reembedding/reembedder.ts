import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import { Database, type Executor } from '../../database/database.port';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import type { Collection } from '../collection';
import { CollectionsRepository } from '../collections.repository';
import { Comparer } from './comparer';
import { Mirror } from './mirror';
import type { Reembedding } from './reembedding';
import { ReembeddingsRepository } from './reembeddings.repository';

/** Texts in one step: a short call for the model, a short lease of its row. */
const BATCH = 32;
const BACKGROUND_PIECE = {
  name: 'reembedder',
  description: 'Fills the twins of collections that get another embedding model.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const STEP_MS = 60_000;
/** Changes carried over between two pages of the scan, so that neither waits for the other. */
const MAX_CHANGES_BETWEEN = 8;

interface Pair {
  readonly reembedding: Reembedding;
  readonly active: Collection;
  readonly standby: Collection;
  readonly token: string;
}

/** Another replica took over the lease and continues from this one's position. */
class LeaseLost extends Error {}

/** Fills twins and keeps them level with the collections that serve. Any number of replicas share the work by leases. */
@Injectable()
export class Reembedder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Reembedder.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly repository: ReembeddingsRepository,
    private readonly collections: CollectionsRepository,
    private readonly mirror: Mirror,
    private readonly comparer: Comparer,
    private readonly wakeup: FollowerWakeup,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, (signal) => this.work(signal));
  }

  onApplicationBootstrap(): void {
    this.wakeup.onSignal(() => this.loop.wake());
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  wake(): void {
    this.loop.wake();
  }

  /** One step of one re-embedding. Whether there may be another. */
  async work(signal: AbortSignal): Promise<boolean> {
    const token = newId();
    const reembedding = await this.repository.claim(token);
    if (!reembedding) return false;
    try {
      const pair = await this.pairOf(reembedding, token);
      // The collection was dropped: so is what was made for it.
      if (pair) await this.step(pair, signal);
      else await this.repository.drop(reembedding);
      await this.repository.release(reembedding.id, token);
      return true;
    } catch (error) {
      if (error instanceof LeaseLost) return true;
      const reason = messageOf(error);
      this.log.warn(`The re-embedding of "${reembedding.name}" waits: ${reason}`);
      this.loop.recordFault(error);
      await this.repository.release(reembedding.id, token, reason);
      return false;
    }
  }

  /**
   * Carries over what has changed, until nothing has (or, with `almost`, little enough) or `signal` says stop. The caller
   * holds the lease. Whether it came so far.
   */
  async embedChanged(reembedding: Reembedding, token: string, signal: AbortSignal, almost = false): Promise<boolean> {
    const pair = await this.pairOf(reembedding, token);
    while (pair && !signal.aborted) {
      const changes = await this.repository.due(reembedding.id, BATCH, true);
      if (changes.length === 0) return true;
      if (almost && changes.length < BATCH) return true;
      if (!(await this.carry(pair, changes, signal))) return false;
    }
    return false;
  }

  private async pairOf(reembedding: Reembedding, token: string): Promise<Pair | undefined> {
    const active = await this.collections.byId(reembedding.activeId);
    const standby = await this.collections.byId(reembedding.standbyId);
    return active && standby && { reembedding, active, standby, token };
  }

  private async step(pair: Pair, signal: AbortSignal): Promise<void> {
    const timed = AbortSignal.any([signal, AbortSignal.timeout(STEP_MS)]);
    for (let round = 0; round < MAX_CHANGES_BETWEEN; round += 1) {
      const changes = await this.repository.due(pair.reembedding.id, BATCH);
      if (changes.length === 0) break;
      await this.carry(pair, changes, timed);
    }
    if (pair.reembedding.state === 'filling') await this.embedExisting(pair, timed);
  }

  private async embedExisting({ reembedding, active, standby, token }: Pair, signal: AbortSignal): Promise<void> {
    const ids = await this.repository.scan(active, reembedding.filledTo, BATCH);
    const last = ids.at(-1);
    if (last === undefined) {
      const comparison = await this.comparer.compare(active, standby, signal);
      await this.repository.ready(reembedding.id, token, comparison);
      return;
    }
    const prepared = await this.mirror.prepare(active, standby, ids, signal);
    await this.recordRefused(reembedding, prepared.refused);
    await this.underLease(reembedding, token, async (tx) => {
      await this.mirror.write(tx, active, standby, prepared);
      await this.repository.filledTo(tx, reembedding.id, last, ids.length);
    });
  }

  /** `false` when some of them can't be. */
  private async carry(
    { reembedding, active, standby, token }: Pair,
    changes: readonly { id: string; version: number }[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const prepared = await this.mirror.prepare(
      active,
      standby,
      changes.map(({ id }) => id),
      signal,
    );
    await this.recordRefused(reembedding, prepared.refused);
    const done = changes.filter(({ id }) => !prepared.refused.has(id));
    await this.underLease(reembedding, token, async (tx) => {
      await this.mirror.write(tx, active, standby, prepared);
      await this.repository.markDone(tx, reembedding.id, done);
    });
    return prepared.refused.size === 0;
  }

  private async recordRefused(reembedding: Reembedding, refused: ReadonlyMap<string, string>): Promise<void> {
    for (const [id, reason] of refused) await this.repository.recordRefused(reembedding, [id], reason);
  }

  /** Whoever took the lease over meanwhile has newer states to write: this one's are dropped. */
  private async underLease({ id }: Reembedding, token: string, work: (tx: Executor) => Promise<void>): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      if (!(await this.repository.renewLease(tx, id, token))) throw new LeaseLost();
      await work(tx);
    });
    this.wakeup.signal();
  }
}
