import { ServiceFault } from '../common/service-fault';
import type { FollowerTarget, StorageMark } from './follower-target.port';
import type { CopyStore } from './copy-store';
import type { KnownStorage, StorageStore } from './storage-store';

/** The judgement of a storage by its mark. */
export type StorageJudgement = 'ours' | 'new' | 'replaced' | 'restored';

/**
 * `new`: without our data so far. `replaced`: emptied, or foreign. `restored`: ours, but older than the last mark that
 * Postgres remembers.
 */
export function judgeStorage(known: KnownStorage, mark: StorageMark | undefined): StorageJudgement {
  if (mark?.storageId !== known.storageId) return known.beat === 0 ? 'new' : 'replaced';
  return mark.beat < known.beat ? 'restored' : 'ours';
}

const MARK_TIMEOUT_MS = 2_000;

export interface StorageGuardParts {
  readonly storage: StorageStore;
  readonly copies: CopyStore;
  readonly target: FollowerTarget;
  /** Reads the mark, and rejects when the service itself must not be used, such as one of an unknown version. */
  readonly readMark: (signal: AbortSignal) => Promise<StorageMark | undefined>;
  readonly onReplaced: (judgement: StorageJudgement) => Promise<void>;
}

/**
 * Checks whether the storage behind the service is the one that holds the copies, by a mark in it that increases over
 * time. Until a foreign, emptied or restored storage is handled, the probe fails and nothing is read from it.
 */
export class StorageGuard {
  private known: KnownStorage | undefined;
  private trusted = false;
  private verifying: Promise<StorageJudgement> | undefined;

  constructor(private readonly parts: StorageGuardParts) {}

  /** Whether this process has found the storage to be ours. */
  get isVerified(): boolean {
    return this.trusted;
  }

  /**
   * For probes: compares with this process's last state, because Postgres may be unreachable. Throws a `ServiceFault`.
   */
  mustBeOurs(mark: StorageMark | undefined): void {
    if (!this.known) return;
    const judgement = judgeStorage(this.known, mark);
    if (judgement === 'ours' && this.trusted) return;
    // The keeper's next round handles it, and accepts a mark that another replica has just changed.
    this.trusted = false;
    throw new ServiceFault(this.parts.target.name, 'wrong_data', EXPLANATIONS[judgement]);
  }

  /**
   * Handles the storage that it finds, and updates the mark. Calls the service without the gate, which may be closed.
   */
  async verifyAndMark(): Promise<StorageJudgement> {
    this.verifying ??= this.verify().finally(() => (this.verifying = undefined));
    return await this.verifying;
  }

  private async verify(): Promise<StorageJudgement> {
    const { storage, copies, readMark, onReplaced } = this.parts;
    const startedAt = performance.now();
    let known = await storage.touch();
    const mark = await readMark(AbortSignal.timeout(MARK_TIMEOUT_MS));
    // Only once the service has answered: writes are not marked for a service that was never reached.
    known ??= await storage.attach();
    const judgement = judgeStorage(known, mark);
    if (judgement === 'replaced' || judgement === 'restored') {
      this.trusted = false;
      if (judgement === 'replaced') known = await storage.replace(known.storageId);
      else await copies.requireVerification();
      await onReplaced(judgement);
    }
    // A process that was paused in between knows an old beat: writing it would look like a restored backup.
    if (performance.now() - startedAt > 2 * MARK_TIMEOUT_MS)
      throw new Error('Too much time has passed; the mark will be read again.');
    await this.advanceMark(known);
    return judgement;
  }

  private async advanceMark({ storageId, beat }: KnownStorage): Promise<void> {
    const { storage, target } = this.parts;
    await target.writeMark({ storageId, beat: beat + 1 }, AbortSignal.timeout(MARK_TIMEOUT_MS));
    // After the storage: Postgres must never remember a higher beat than the storage has.
    await storage.saveBeat(storageId, beat + 1);
    this.known = { storageId, beat: beat + 1 };
    this.trusted = true;
  }
}

const EXPLANATIONS: Readonly<Record<StorageJudgement, string>> = {
  ours: 'The storage is being taken over.',
  new: 'The storage has no mark yet: it is being taken over.',
  replaced: 'The storage was emptied, or belongs to another installation: the copies are rebuilt.',
  restored: 'The storage is older than what was written to it: the copies are compared with the record.',
};
