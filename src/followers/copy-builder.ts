import { randomUUID } from 'node:crypto';
import { reachFailpoint } from '../common/failpoint';
import { messageOf } from '../common/message-of';
import { isServiceFault } from '../common/service-fault';
import type { FollowedRecord } from './follower-target.port';
import { sleep } from '../common/sleep';
import type { CanaryCheck } from './canary-check';
import type { Comparison } from './comparison';
import type { CopyStore, TrackedCopy } from './copy-store';
import type { DirtyStore } from './dirty-store';
import type { FollowedRecords } from './followed-records';
import type { FollowerOptions } from './follower.options';
import { Pace } from './pace';
import type { GatedTarget } from './sender';

/** Rounds of comparing and repairing before a build is postponed. */
const MAX_ROUNDS = 4;
/** Records that must be found by their own vectors before a copy serves. */
const CANARIES = 24;
const RETRY_MS = 2_000;
const FIRST_PAGE = 200;

interface Held {
  readonly copy: TrackedCopy;
  readonly token: string;
}

/**
 * Builds copies: a scan by id beside the dirty set, resumable at any point, then a comparison, then the switch. Changes
 * made meanwhile reach the copy through the dirty set, as for any other copy.
 */
export class CopyBuilder {
  constructor(
    private readonly copies: CopyStore,
    private readonly records: FollowedRecords,
    private readonly dirty: DirtyStore,
    private readonly comparison: Comparison,
    private readonly target: GatedTarget,
    private readonly canary: CanaryCheck,
    private readonly options: FollowerOptions,
    private readonly onCopied: (records: number) => void,
  ) {}

  /** Works on one build until it serves or cannot continue. `undefined`: no build is waiting. */
  async buildNext(signal: AbortSignal): Promise<'served' | 'stopped' | undefined> {
    if (!this.target.isAdmitted) return undefined;
    const token = randomUUID();
    const copy = await this.copies.claimBuild(token, this.options.leaseMs);
    if (!copy) return undefined;
    try {
      const served = await this.build({ copy, token }, signal);
      if (!served) await this.copies.release(copy, token, signal.aborted ? 0 : RETRY_MS);
      return served ? 'served' : 'stopped';
    } catch (error) {
      await this.giveUp({ copy, token }, error);
      throw error;
    }
  }

  private async build({ copy, token }: Held, signal: AbortSignal): Promise<boolean> {
    if (copy.state === 'building') {
      // Only at the beginning: a copy that disappears later must be detected as lost, not recreated empty.
      const isNew = copy.copiedTo === null;
      const holds = isNew ? await this.target.write((target, inner) => target.prepare(copy, inner), signal) : undefined;
      if (!(await this.copies.markPrepared(copy, token, holds))) return false;
      if (!(await this.copyRecords({ copy, token }, signal))) return false;
      if (!(await this.copies.startVerifying(copy, token))) return false;
    }
    const held = { copy: { ...copy, state: 'verifying' as const }, token };
    if (!(await this.verify(held, signal))) return false;
    reachFailpoint('copy.before-switch');
    return await this.copies.promote(copy, token);
  }

  private async giveUp({ copy, token }: Held, error: unknown): Promise<void> {
    if (isServiceFault(error) && error.kind === 'wrong_data') return await this.copies.retire(copy, error.message);
    await this.copies.release(copy, token, RETRY_MS, messageOf(error));
  }

  /** `false`: another worker continues, or the copy is no longer wanted. */
  private async copyRecords({ copy, token }: Held, signal: AbortSignal): Promise<boolean> {
    const total = await this.records.count(copy);
    const pace = new Pace(Math.min(FIRST_PAGE, this.options.pageRecords), this.options.pageRecords);
    let { copiedTo, copied } = copy;
    for (;;) {
      if (signal.aborted) return false;
      const startedAt = performance.now();
      const { maxBatchBytes, leaseMs } = this.options;
      const { records } = await this.records.page(copy, copiedTo, pace.size, maxBatchBytes);
      const last = records.at(-1);
      if (!last) return await this.copies.saveProgress(copy, token, leaseMs, { copiedTo, copied, total: copied });
      const sentAt = performance.now();
      await this.put(copy, records, signal);
      pace.observe(records.length, performance.now() - sentAt);
      reachFailpoint('backfill.mid-page');
      copiedTo = last.id;
      copied += records.length;
      const progress = { copiedTo, copied, total: Math.max(total, copied) };
      if (!(await this.copies.saveProgress(copy, token, leaseMs, progress))) return false;
      this.onCopied(records.length);
      await sleep((performance.now() - startedAt) * this.options.restShare, signal);
    }
  }

  /**
   * A record that changed while its old state was in flight is sent again: otherwise this put would undo a removal that
   * overtook it. A record that the service refuses is left to the dirty set, which parks it.
   */
  private async put(copy: TrackedCopy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<void> {
    const ids = records.map(({ id }) => id);
    try {
      await this.target.write((target, inner) => target.put(copy, records, inner), signal);
    } catch (error) {
      if (!isServiceFault(error)) throw error;
      if (error.outcomeUnknown) await this.dirty.mark(copy, ids, { unsureMs: this.options.ghostMs });
      if (error.kind !== 'rejected') throw error;
      return await this.dirty.mark(copy, ids);
    }
    const now = await this.records.fingerprintsOf(copy, ids);
    const moved = records.filter(({ id, version }) => now.get(id)?.version !== version).map(({ id }) => id);
    await this.dirty.mark(copy, moved);
  }

  private async verify({ copy, token }: Held, signal: AbortSignal): Promise<boolean> {
    const keep = async (): Promise<void> => {
      // A comparison takes longer than a lease.
      await this.copies.renewLease(copy, token, this.options.leaseMs);
      reachFailpoint('copy.mid-verify');
    };
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      const differing = await this.comparison.differences(copy, signal, keep);
      if (differing.length === 0) return await this.findsItself(copy, signal);
      await this.comparison.repair(copy, differing, signal);
    }
    await this.copies.release(copy, token, RETRY_MS, `It differs from the record after ${MAX_ROUNDS} repairs.`);
    return false;
  }

  private async findsItself(copy: TrackedCopy, signal: AbortSignal): Promise<boolean> {
    const { records } = await this.records.page(copy, null, CANARIES, this.options.maxBatchBytes);
    const lost = await this.canary.findMissing(copy, records, signal);
    // A record that was changed or deleted meanwhile may be missing legitimately.
    const now = await this.records.fingerprintsOf(copy, lost);
    const dirty = await this.dirty.entriesOf(copy.collectionId, lost);
    return !lost.some((id) => now.has(id) && !dirty.has(id));
  }
}
