import { randomUUID } from 'node:crypto';
import { messageOf } from '../common/message-of';
import type { CopyStore } from './copy-store';
import type { DirtyStore } from './dirty-store';
import type { FollowerParts } from './follower-parts';
import type { StorageGuard } from './storage-guard';
import type { StorageStore } from './storage-store';

const SWEEP_ENTRIES = 5_000;
/** Share of the time that counting may take: a long tail is counted less often. */
const COUNT_SHARE = 0.05;
const ORPHANS_EVERY_MS = 600_000;
const DROP_ABANDONED_EVERY_MS = 60_000;
const DROP_TIMEOUT_MS = 10_000;

export interface KeeperParts extends Pick<
  FollowerParts,
  'target' | 'directory' | 'options' | 'metrics' | 'gate' | 'log'
> {
  readonly copies: CopyStore;
  readonly dirty: DirtyStore;
  readonly storage: StorageStore;
  readonly guard: StorageGuard;
}

/** The housekeeping of a follower: its mark, its directory, its lag, and copies to plan or drop. */
export class Keeper {
  /** Records that the service refuses. */
  parked = 0;
  private readonly due = new Map<string, number>();
  private countedMs = 0;

  constructor(private readonly parts: KeeperParts) {}

  /** Returns the milliseconds until the next. */
  async step(_signal: AbortSignal, isWorking: boolean): Promise<number> {
    const { options, dirty, copies } = this.parts;
    if (!this.parts.guard.isVerified) this.due.delete('beat');
    await this.every('beat', options.beatMs, () => this.verifyStorage());
    await this.refresh();
    await this.every('lag', this.countedMs / COUNT_SHARE, () => this.countLag());
    if (!isWorking) return options.keeperMs;
    await copies.planBuilds();
    await copies.retireDropped();
    await this.dropRetired();
    await this.every('orphans', ORPHANS_EVERY_MS, () => this.dropOrphans());
    await this.every('forgotten', DROP_ABANDONED_EVERY_MS, () => this.parts.storage.dropAbandoned());
    const swept = await dirty.sweep(SWEEP_ENTRIES);
    return swept === SWEEP_ENTRIES ? 10 : options.keeperMs;
  }

  /** Reads the serving copies from the database now. */
  async refresh(): Promise<void> {
    this.parts.directory.replaceServing(await this.parts.copies.servingCopies());
  }

  async countLag(): Promise<void> {
    const startedAt = performance.now();
    const lags = await this.parts.dirty.lags();
    this.countedMs = performance.now() - startedAt;
    this.parked = [...lags.values()].reduce((sum, { parked }) => sum + parked, 0);
    this.parts.metrics?.parked.set(this.parked);
    this.parts.directory.replaceLags(lags);
  }

  /** An unavailable service must not block the other steps. */
  private async verifyStorage(): Promise<void> {
    try {
      await this.parts.guard.verifyAndMark();
    } catch (error) {
      this.due.set('beat', performance.now() + this.parts.options.keeperMs);
      this.parts.log('debug', `The mark could not be updated: ${messageOf(error)}`);
    }
  }

  private async dropRetired(): Promise<void> {
    const { copies, target, gate, options } = this.parts;
    if (!gate.admits('write')) return;
    const old = await copies.claimRetired(randomUUID(), options.leaseMs, options.retiredMs);
    if (!old) return;
    await gate.run('write', (signal) => target.drop(old, signal), { timeoutMs: DROP_TIMEOUT_MS });
    await copies.deleteRetired(old);
  }

  /** Drops leftovers of unknown builds, such as those of a restored database. */
  private async dropOrphans(): Promise<void> {
    const { copies, target, gate } = this.parts;
    if (!gate.admits('write')) return;
    const listed = await gate.run('write', (signal) => target.list(signal), { timeoutMs: DROP_TIMEOUT_MS });
    const known = await copies.listKeys();
    for (const copy of listed.filter(({ collectionId, epoch }) => !known.has(`${collectionId}/${epoch}`))) {
      await gate.run('write', (signal) => target.drop(copy, signal), { timeoutMs: DROP_TIMEOUT_MS });
    }
  }

  private async every(name: string, ms: number, work: () => Promise<unknown>): Promise<void> {
    if (performance.now() < (this.due.get(name) ?? 0)) return;
    this.due.set(name, performance.now() + ms);
    await work();
  }
}
