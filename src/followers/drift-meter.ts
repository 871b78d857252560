import { randomUUID } from 'node:crypto';
import type { Comparison } from './comparison';
import type { CopyStore, DriftPosition, TrackedCopy } from './copy-store';
import type { FollowedRecords } from './followed-records';
import type { FollowerOptions } from './follower.options';
import type { GatedTarget } from './sender';

/** Maximum records per step: with their vectors, one call takes a few milliseconds. */
const STEP_RECORDS = 200;

/**
 * The slow, continuous comparison: each step looks up the next page of records in the copy, and the next page of the
 * copy in the records. Differing records are sent again. The work per step is constant.
 */
export class DriftMeter {
  constructor(
    private readonly copies: CopyStore,
    private readonly records: FollowedRecords,
    private readonly comparison: Comparison,
    private readonly target: GatedTarget,
    private readonly options: FollowerOptions,
    private readonly onDifferences: (found: number, repaired: number) => void,
  ) {}

  /** `undefined`: there is nothing to compare, or the service is unavailable. */
  async step(signal: AbortSignal): Promise<DriftPosition | undefined> {
    if (!this.target.isAdmitted) return undefined;
    const token = randomUUID();
    const copy = await this.copies.claimDriftStep(token, this.options.leaseMs);
    if (!copy) return undefined;
    try {
      const position = await this.compare(copy, signal);
      await this.copies.saveDriftPosition(copy, token, position);
      return position;
    } catch (error) {
      await this.copies.release(copy, token);
      throw error;
    }
  }

  private async compare(copy: TrackedCopy, signal: AbortSignal): Promise<DriftPosition> {
    const forward = copy.checkedAll ? { ids: [], to: copy.checkedTo, isEnd: true } : await this.nextRecords(copy);
    const back = copy.scannedAll ? { ids: [], to: copy.scannedTo, isEnd: true } : await this.nextCopied(copy, signal);
    const ids = [...new Set([...forward.ids, ...back.ids])];
    const differing = await this.comparison.confirm(copy, ids, signal);
    const open = differing.length > 0 ? await this.repair(copy, differing, signal) : 0;
    return {
      checkedTo: forward.to,
      checkedAll: forward.isEnd,
      scannedTo: back.to,
      scannedAll: back.isEnd,
      openDifferences: copy.openDifferences + open,
    };
  }

  private async repair(copy: TrackedCopy, differing: readonly string[], signal: AbortSignal): Promise<number> {
    // Counted first, so that a crash in between does not lose the count.
    await this.copies.countDifferences(copy, differing.length, 0);
    const open = await this.comparison.repair(copy, differing, signal);
    const repaired = differing.length - open.length;
    await this.copies.countDifferences(copy, 0, repaired);
    this.onDifferences(differing.length, repaired);
    return open.length;
  }

  private get stepRecords(): number {
    return Math.min(STEP_RECORDS, this.options.pageRecords);
  }

  private async nextRecords(copy: TrackedCopy) {
    const page = await this.records.fingerprints(copy, copy.checkedTo, this.stepRecords);
    const isEnd = page.length < this.stepRecords;
    return { ids: page.map(({ id }) => id), to: page.at(-1)?.id ?? copy.checkedTo, isEnd };
  }

  /** Only entries of the copy that differ from the record need a second check. */
  private async nextCopied(copy: TrackedCopy, signal: AbortSignal) {
    const { entries, next } = await this.target.read(
      (target, inner) => target.scan(copy, { after: copy.scannedTo ?? undefined, limit: this.stepRecords }, inner),
      signal,
    );
    const known = await this.records.fingerprintsOf(
      copy,
      entries.map(({ id }) => id),
    );
    const isAlike = (entry: (typeof entries)[number]): boolean =>
      entry.projectId === copy.projectId &&
      known.get(entry.id)?.version === entry.version &&
      known.get(entry.id)?.digest === entry.digest;
    const ids = entries.filter((entry) => !isAlike(entry)).map(({ id }) => id);
    return { ids, to: next ?? null, isEnd: next === undefined };
  }
}
