import { ServiceFault } from '../common/service-fault';
import type { Lag } from '../registry/service';
import type { Copy } from './follower-target.port';
import type { BackgroundLoop } from '../common/background-loop';
import { messageOf } from '../common/message-of';
import { sleep } from '../common/sleep';
import { Comparison, type Report } from './comparison';
import { CopyBuilder } from './copy-builder';
import { CopyStore, type TrackedCopy } from './copy-store';
import { DirtyStore } from './dirty-store';
import { DriftMeter } from './drift-meter';
import { FollowedRecords } from './followed-records';
import type { FollowerParts } from './follower-parts';
import { piecesOf, type FollowerPart } from './follower-pieces';
import { FollowerWorker } from './follower-worker';
import { Keeper } from './keeper';
import { RecentCauses } from './recent-causes';
import { untilBuilt, type RebuildReport } from './rebuild-watch';
import { GatedTarget, Sender } from './sender';
import { StorageGuard } from './storage-guard';
import { StorageStore } from './storage-store';

/** A lag this small is processed while the copies are compared. */
const SMALL_LAG: Lag = { records: 100, seconds: 2 };
const CATCH_UP_POLL_MS = 100;
const ERROR_PAUSE_MS = 1_000;

/**
 * Keeps one service equal to the record: sends changes, builds and compares copies, watches the storage behind the
 * service. A process of role `api` still knows which copies serve and judges the storage.
 */
export class Follower {
  readonly copies: CopyStore;
  readonly dirty: DirtyStore;
  readonly records: FollowedRecords;
  readonly comparison: Comparison;
  readonly guard: StorageGuard;
  readonly keeper: Keeper;
  readonly worker: FollowerWorker;
  readonly builder: CopyBuilder;
  readonly drift: DriftMeter;
  private readonly loops: BackgroundLoop[] = [];
  private readonly causes = new RecentCauses();
  private readonly target: GatedTarget;
  private endSignal: (() => void) | undefined;

  constructor(private readonly parts: FollowerParts) {
    const { database, target, gate, options, metrics } = parts;
    const { name } = target;
    this.copies = new CopyStore(database, name);
    this.dirty = new DirtyStore(database, name);
    this.records = new FollowedRecords(database);
    this.target = new GatedTarget(target, gate, options);
    this.comparison = new Comparison(this.records, this.dirty, this.target, options);
    const storage = new StorageStore(database, name);
    const readMark = parts.readMark ?? ((signal: AbortSignal) => target.readMark(signal));
    const onReplaced = (judgement: string): Promise<void> => this.suspendReads(judgement);
    this.guard = new StorageGuard({ storage, copies: this.copies, target, readMark, onReplaced });
    this.keeper = new Keeper({ ...parts, copies: this.copies, dirty: this.dirty, storage, guard: this.guard });
    const sender = new Sender(this.records, this.target, options, (copy, fault) => this.retireAndRebuild(copy, fault));
    const { dirty, copies, causes } = this;
    this.worker = new FollowerWorker(dirty, copies, sender, this.target, options, Math.random, causes);
    this.builder = new CopyBuilder(
      this.copies,
      this.records,
      this.dirty,
      this.comparison,
      this.target,
      parts.canary,
      options,
      (records) => metrics?.copied.inc(records),
    );
    this.drift = new DriftMeter(this.copies, this.records, this.comparison, this.target, options, (found, repaired) => {
      metrics?.found.inc(found);
      metrics?.repaired.inc(repaired);
      parts.log('warn', `${found} records differed from their copies in ${name}; ${repaired} were repaired.`);
    });
  }

  /** Starts the background work. */
  start(): void {
    const { background, options } = this.parts;
    this.repeat('keeper', (signal) => this.keeper.step(signal, background.isWorking));
    const worker = this.repeat('worker', (_signal, loop) => this.sendRound(loop));
    this.repeat('builder', (signal) => this.build(signal));
    if (options.driftStepMs > 0) this.repeat('drift', (signal) => this.stepDrift(signal));
    if (background.isWorking) this.endSignal = this.parts.wakeup.onSignal(() => this.wakeWorker(worker));
  }

  async stop(): Promise<void> {
    this.endSignal?.();
    const stopped = this.loops.splice(0);
    await Promise.all(stopped.map((loop) => loop.stop()));
    for (const loop of stopped) this.parts.background.remove(loop);
  }

  /** For the registry: processes the lag, then compares every serving copy and repairs differences. */
  async recover(signal: AbortSignal): Promise<void> {
    const since = performance.now();
    if (!this.guard.isVerified) await this.guard.verifyAndMark();
    await this.keeper.refresh();
    await this.catchUp(signal);
    for (const copy of await this.copies.inState('serving')) await this.compareAndRepair(copy, signal);
    await this.keeper.refresh();
    this.parts.log('info', `In sync with the record after ${Math.round(performance.now() - since)} ms.`);
  }

  /** Compares one complete copy and repairs it. Returns the differences found and those that remain. */
  async compareAndRepair(
    copy: TrackedCopy,
    signal: AbortSignal,
    report?: Report,
  ): Promise<{ found: number; open: number }> {
    try {
      const differing = await this.comparison.differences(copy, signal, report);
      if (differing.length === 0) {
        await this.copies.markVerified(copy);
        return { found: 0, open: 0 };
      }
      await this.copies.countDifferences(copy, differing.length, 0);
      const open = await this.comparison.repair(copy, differing, signal);
      await this.copies.countDifferences(copy, 0, differing.length - open.length);
      if (open.length === 0) await this.copies.markVerified(copy);
      return { found: differing.length, open: open.length };
    } catch (error) {
      if (!(error instanceof ServiceFault) || error.kind !== 'wrong_data') throw error;
      // Other copies are unaffected: only this one is recreated, and Postgres answers meanwhile.
      await this.retireAndRebuild(copy, error);
      return { found: 0, open: 0 };
    }
  }

  /** Plans new copies of every collection; the current ones serve until then. Returns how many. */
  async rebuild(): Promise<number> {
    const planned = await this.copies.planBuilds({ anew: true });
    for (const loop of this.loops) loop.wake();
    return planned;
  }

  /** Like `rebuild`, but waits until the new copies serve. Throws `unavailable` when there is no progress. */
  async rebuildToTheEnd(report: RebuildReport): Promise<void> {
    await this.rebuild();
    await untilBuilt(this.copies, this.parts.target.name, report);
    await this.keeper.refresh();
  }

  /** Stops reads: in this process at once by the gate, in others as soon as they refresh the serving copies. */
  private async suspendReads(judgement: string): Promise<void> {
    const { gate, log, target } = this.parts;
    gate.trip(`its storage was ${judgement}`);
    await this.keeper.refresh();
    log('warn', `The storage of ${target.name} was ${judgement}: its copies do not serve until they are compared.`);
  }

  private async retireAndRebuild(copy: Copy, fault: ServiceFault): Promise<void> {
    this.parts.log('warn', `A copy is lost and will be rebuilt (collection ${copy.collectionId}): ${fault.message}`);
    this.parts.directory.remove(copy.collectionId, copy.epoch);
    await this.copies.retire(copy, fault.message);
    await this.copies.planBuilds({ collectionId: copy.collectionId });
  }

  private async catchUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      await this.keeper.countLag();
      const { records, seconds } = this.parts.directory.lag;
      // Parked records wait for their next change, not for this work.
      if (records - this.keeper.parked < SMALL_LAG.records && seconds < SMALL_LAG.seconds) return;
      await sleep(CATCH_UP_POLL_MS, signal);
    }
  }

  private wakeWorker(worker: BackgroundLoop): void {
    this.causes.record();
    worker.wake();
  }

  private async sendRound(loop: BackgroundLoop): Promise<number> {
    const { options, metrics } = this.parts;
    const startedAt = performance.now();
    const { claimed, applied, fault } = await this.worker.round();
    metrics?.sent.inc(applied);
    if (fault) {
      loop.recordFault(fault);
      return options.idleMs[1];
    }
    if (claimed === 0) return this.backOff();
    this.idleMs = options.idleMs[0];
    // With little to do, wait briefly, so that the next changes share a batch.
    return Math.max((performance.now() - startedAt) * options.restShare, claimed < options.claimEntries ? 5 : 0);
  }

  private idleMs = 0;

  private backOff(): number {
    const [least, most] = this.parts.options.idleMs;
    this.idleMs = Math.min(most, Math.max(least, this.idleMs * 1.5));
    return this.idleMs;
  }

  private async build(signal: AbortSignal): Promise<number> {
    const result = await this.builder.buildNext(signal);
    if (result === 'served') await this.keeper.refresh();
    return result === undefined ? this.parts.options.keeperMs : 0;
  }

  private async stepDrift(signal: AbortSignal): Promise<number> {
    await this.drift.step(signal);
    return this.parts.options.driftStepMs;
  }

  private repeat(
    part: FollowerPart,
    step: (signal: AbortSignal, loop: BackgroundLoop) => Promise<number>,
  ): BackgroundLoop {
    const { background, log, options, target } = this.parts;
    const onFault = (error: unknown): number => {
      log('debug', `The follower waits: ${messageOf(error)}`);
      return ERROR_PAUSE_MS;
    };
    const loop: BackgroundLoop = background.loop(piecesOf(target.name, options)[part], {
      step: (signal) => step(signal, loop),
      onFault,
    });
    this.loops.push(loop);
    loop.start();
    return loop;
  }
}
