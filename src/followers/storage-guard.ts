import { ServiceFault } from '../common/service-fault';
import type { FollowerTarget, StorageMark } from './follower-target.port';
import type { CopyStore } from './copy-store';
import type { KnownStorage, StorageStore } from './storage-store';

/** What a mark says of the storage it was found in. */
export type StorageJudgement = 'ours' | 'new' | 'replaced' | 'restored';

/**
 * `new`: nobody has written to it for us yet. `replaced`: emptied, or somebody else's. `restored`: ours, but from before
 * the last mark that Postgres remembers.
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
 * Knows whether the storage behind the service is the one that the copies were made in, by a mark in it that rises with
 * time. Until a foreign, emptied or restored one has been dealt with, the probe fails: nothing is read from it.
 */
export class StorageGuard {
  private known: KnownStorage | undefined;
  private trusted = false;
  private keeping: Promise<StorageJudgement> | undefined;

  constructor(private readonly parts: StorageGuardParts) {}

  /** Whether the storage was found to be ours, by this process. */
  get isTrusted(): boolean {
    return this.trusted;
  }

  /** For probes: compares with what this process knows, as Postgres may be away. Throws a `ServiceFault`. */
  mustBeOurs(mark: StorageMark | undefined): void {
    if (!this.known) return;
    const judgement = judgeStorage(this.known, mark);
    if (judgement === 'ours' && this.trusted) return;
    // The next round of the keeper deals with it; a mark that another replica has just changed is no news then.
    this.trusted = false;
    throw new ServiceFault(this.parts.target.name, 'wrong_data', EXPLANATIONS[judgement]);
  }

  /** Deals with whatever is found, and raises the mark. Speaks to the service beside the gate, which may be shut. */
  async keep(): Promise<StorageJudgement> {
    this.keeping ??= this.look().finally(() => (this.keeping = undefined));
    return await this.keeping;
  }

  private async look(): Promise<StorageJudgement> {
    const { storage, copies, readMark, onReplaced } = this.parts;
    const startedAt = performance.now();
    let known = await storage.seen();
    const mark = await readMark(AbortSignal.timeout(MARK_TIMEOUT_MS));
    // Only once it has answered: for a service that nobody ever reached, nothing is to be marked.
    known ??= await storage.attach();
    const judgement = judgeStorage(known, mark);
    if (judgement === 'replaced' || judgement === 'restored') {
      this.trusted = false;
      if (judgement === 'replaced') known = await storage.replace(known.storageId);
      else await copies.doubt();
      await onReplaced(judgement);
    }
    // A process that was stopped in between knows an old beat: writing it would look like a restored backup.
    if (performance.now() - startedAt > 2 * MARK_TIMEOUT_MS) throw new Error('Too much time has passed; look again.');
    await this.raise(known);
    return judgement;
  }

  private async raise({ storageId, beat }: KnownStorage): Promise<void> {
    const { storage, target } = this.parts;
    await target.writeMark({ storageId, beat: beat + 1 }, AbortSignal.timeout(MARK_TIMEOUT_MS));
    // Only then: what Postgres remembers must never be more than what the storage has.
    await storage.remember(storageId, beat + 1);
    this.known = { storageId, beat: beat + 1 };
    this.trusted = true;
  }
}

const EXPLANATIONS: Readonly<Record<StorageJudgement, string>> = {
  ours: 'The storage is being taken over.',
  new: 'The storage has no mark yet: it is being taken over.',
  replaced: 'The storage was emptied, or belongs to another installation: the copies are made anew.',
  restored: 'The storage is older than what was written to it: the copies are compared with the record.',
};
