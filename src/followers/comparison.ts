import type { CopiedRecord, Copy, FollowedRecord } from './follower-target.port';
import { BucketDigests, bucketOf, bucketsFor } from './bucket-digests';
import { isSameContent } from './content';
import type { DirtyStore } from './dirty-store';
import type { FollowedRecords, Fingerprint } from './followed-records';
import type { FollowerOptions } from './follower.options';
import type { GatedTarget } from './sender';
import { sleep } from '../common/sleep';

/** Reports how many records were compared so far. */
export type Report = (compared: number, total: number) => void | Promise<void>;

/** Maximum ids checked one by one when buckets differ. */
const MAX_SUSPECTS = 100_000;
const CONFIRM_IDS = 200;
const REPAIR_POLL_MS = 100;
const REPAIR_TIMEOUT_MS = 20_000;

/**
 * Compares a copy with the record while both change. A difference counts only when the record was the same before and
 * after the copy was read, and had nothing to send at either time: then no change in progress explains it.
 */
export class Comparison {
  constructor(
    private readonly records: FollowedRecords,
    private readonly dirty: DirtyStore,
    private readonly target: GatedTarget,
    private readonly options: Pick<FollowerOptions, 'pageRecords' | 'restShare' | 'maxBatchBytes'>,
  ) {}

  /** Ids that differ, found by digests: each side is read once, and differing buckets a second time. */
  async differences(copy: Copy, signal: AbortSignal, report?: Report): Promise<string[]> {
    const total = await this.records.count(copy);
    await this.target.read((target, inner) => target.count(copy, inner), signal);
    const buckets = bucketsFor(total);
    const [ours, theirs] = [new BucketDigests(buckets), new BucketDigests(buckets)];
    const expected = 2 * total;
    let compared = 0;
    const count = async (more: number): Promise<void> => {
      compared += more;
      await report?.(Math.floor(Math.min(compared, expected) / 2), total);
    };
    await this.eachRecord(copy, signal, async (page) => {
      for (const record of page) ours.add(record);
      await count(page.length);
    });
    await this.eachCopied(copy, signal, async (page) => {
      for (const entry of page) theirs.add(entry);
      await count(page.length);
    });
    return await this.look(copy, ours.differing(theirs), buckets, signal);
  }

  /** Those of `ids` that certainly differ, by their complete content. */
  async confirm(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
    const differing: string[] = [];
    for (let from = 0; from < ids.length && !signal.aborted; from += CONFIRM_IDS) {
      differing.push(...(await this.confirmSome(copy, ids.slice(from, from + CONFIRM_IDS), signal)));
    }
    return differing;
  }

  /** Sends differing records again and waits until this is done. Returns the ids that still differ. */
  async repair(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
    await this.dirty.mark(copy, ids, { anew: true });
    const until = performance.now() + REPAIR_TIMEOUT_MS;
    while (ids.length > 0 && performance.now() < until && !signal.aborted) {
      await sleep(REPAIR_POLL_MS, signal);
      const dirty = await this.dirty.unsentAmong(copy.collectionId, ids);
      if (dirty.size === 0) return await this.confirm(copy, ids, signal);
    }
    return [...ids];
  }

  private async confirmSome(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<string[]> {
    const entriesBefore = await this.dirty.entriesOf(copy.collectionId, ids);
    const before = await this.read(copy, ids);
    const copied = new Map(
      (await this.target.read((target, inner) => target.read(copy, ids, inner), signal)).map((one) => [one.id, one]),
    );
    const after = await this.records.fingerprintsOf(copy, ids);
    const entriesAfter = await this.dirty.entriesOf(copy.collectionId, ids);
    return ids.filter((id) => {
      if (isMoving(entriesBefore.get(id), entriesAfter.get(id))) return false;
      const record = before.get(id);
      if (record?.version !== after.get(id)?.version) return false;
      return isDifferent(copy, record, copied.get(id));
    });
  }

  private async read(copy: Copy, ids: readonly string[]): Promise<Map<string, FollowedRecord>> {
    const found = new Map<string, FollowedRecord>();
    for (let rest = ids; rest.length > 0;) {
      const { records, cut } = await this.records.present(copy, rest, this.options.maxBatchBytes);
      for (const record of records) found.set(record.id, record);
      rest = cut;
    }
    return found;
  }

  /** Finds the ids in the differing buckets that are not equal on both sides, then confirms each of them. */
  private async look(
    copy: Copy,
    differing: ReadonlySet<number>,
    buckets: number,
    signal: AbortSignal,
  ): Promise<string[]> {
    if (differing.size === 0) return [];
    const suspects = new Map<string, string>();
    const toggle = (entry: Fingerprint): void => {
      if (!differing.has(bucketOf(entry.id, buckets))) return;
      const print = `${entry.version} ${entry.digest}`;
      if (suspects.get(entry.id) === print) suspects.delete(entry.id);
      else if (suspects.has(entry.id) || suspects.size < MAX_SUSPECTS) suspects.set(entry.id, print);
    };
    await this.eachRecord(copy, signal, async (page) => page.forEach(toggle));
    await this.eachCopied(copy, signal, async (page) => page.forEach(toggle));
    return await this.confirm(copy, [...suspects.keys()], signal);
  }

  private async eachRecord(
    copy: Copy,
    signal: AbortSignal,
    visit: (page: readonly Fingerprint[]) => Promise<void>,
  ): Promise<void> {
    for (let after: string | null = null; ;) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const page: readonly Fingerprint[] = await this.records.fingerprints(copy, after, 2 * this.options.pageRecords);
      if (page.length === 0) return;
      after = page.at(-1)?.id ?? null;
      await visit(page);
      await sleep((performance.now() - startedAt) * this.options.restShare, signal);
    }
  }

  /** An entry of another project is not ours, even with the same id. */
  private async eachCopied(
    copy: Copy,
    signal: AbortSignal,
    visit: (page: readonly Fingerprint[]) => Promise<void>,
  ): Promise<void> {
    for (let after: string | undefined; ;) {
      signal.throwIfAborted();
      const startedAt = performance.now();
      const page = await this.target.read(
        (target, inner) => target.scan(copy, { after, limit: 2 * this.options.pageRecords }, inner),
        signal,
      );
      await visit(
        page.entries.map(({ id, version, digest, projectId }) =>
          projectId === copy.projectId ? { id, version, digest } : { id, version, digest: `${projectId}:${digest}` },
        ),
      );
      if (page.next === undefined) return;
      after = page.next;
      await sleep((performance.now() - startedAt) * this.options.restShare, signal);
    }
  }
}

type Entry = { readonly token: number; readonly isApplied: boolean } | undefined;

/**
 * An applied change counts as a difference, even where an unanswered call may still undo it: a restored storage has
 * lost it in any case. A change that is still to be sent, or was marked and sent in between, does not count.
 */
const isMoving = (before: Entry, after: Entry): boolean =>
  before?.isApplied === false || after?.isApplied === false || (after !== undefined && after.token !== before?.token);

const isDifferent = (copy: Copy, record: FollowedRecord | undefined, copied: CopiedRecord | undefined): boolean => {
  if (!record || !copied) return record !== copied;
  return !isSameContent(copy, record, copied);
};
