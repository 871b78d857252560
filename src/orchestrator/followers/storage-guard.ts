import { ServiceFault } from '../../common/service-fault';
import type { FollowerTarget, StorageMark } from '../follower-target.port';
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

/**
 * Knows whether the storage behind the service is the one that the copies were made in, by a mark in it that rises with
 * time. Until a foreign, emptied or restored one has been dealt with, the probe fails: nothing is read from it.
 */
export class StorageGuard {
  private known: KnownStorage | undefined;
  private trusted = false;

  constructor(
    private readonly storage: StorageStore,
    private readonly copies: CopyStore,
    private readonly target: FollowerTarget,
    private readonly onReplaced: (judgement: StorageJudgement) => Promise<void>,
  ) {}

  /** Whether the storage was found to be ours, by this process. */
  get isTrusted(): boolean {
    return this.trusted;
  }

  /** For probes: reads the mark alone, and compares it with what this process knows; Postgres may be away. */
  async check(signal: AbortSignal): Promise<void> {
    const { known } = this;
    if (!known) return;
    const judgement = judgeStorage(known, await this.target.readMark(signal));
    if (judgement === 'ours' && this.trusted) return;
    // A mark that was just raised by another replica is found by the next look of `keep`.
    if (judgement !== 'ours') this.trusted = false;
    throw new ServiceFault(this.target.name, 'wrong_data', EXPLANATIONS[judgement]);
  }

  /** Deals with whatever is found, and raises the mark. Speaks to the service beside the gate, which may be shut. */
  async keep(): Promise<StorageJudgement> {
    this.known = await this.storage.attach();
    const judgement = judgeStorage(this.known, await this.target.readMark(AbortSignal.timeout(MARK_TIMEOUT_MS)));
    if (judgement === 'replaced') {
      this.trusted = false;
      this.known = await this.storage.replace(this.known.storageId);
      await this.onReplaced(judgement);
    }
    if (judgement === 'restored') {
      this.trusted = false;
      await this.copies.doubt();
      await this.onReplaced(judgement);
    }
    await this.raise(this.known);
    return judgement;
  }

  private async raise({ storageId, beat }: KnownStorage): Promise<void> {
    await this.target.writeMark({ storageId, beat: beat + 1 }, AbortSignal.timeout(MARK_TIMEOUT_MS));
    // Only then: what Postgres remembers must never be more than what the storage has.
    await this.storage.remember(storageId, beat + 1);
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
