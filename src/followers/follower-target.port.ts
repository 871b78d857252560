/** One build of a follower's copy of one collection. */
export interface Copy {
  readonly collectionId: number;
  readonly projectId: number;
  readonly dimension: number;
  readonly metric: 'cosine' | 'dot' | 'euclid' | 'manhattan';
  /** Metadata fields that filters name often. */
  readonly indexes: readonly { readonly field: string; readonly type: 'string' | 'number' | 'datetime' | 'boolean' }[];
  /** Names this build; part of the name of what is made for it. Lower-case letters and digits. */
  readonly epoch: string;
}

/** A record as the follower is to have it. */
export interface FollowedRecord {
  readonly id: string;
  readonly version: number;
  readonly vector: readonly number[];
  readonly text: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** RFC 3339 to the microsecond: a `Date` knows milliseconds only, and filters on the times would miss by the rest. */
  readonly createdAt: Date | string;
  readonly updatedAt: Date | string;
  /** Hash of the content, made by Postgres; kept beside the copy and compared by it. */
  readonly digest: string;
}

/** What a copy says of a record it holds. */
export interface CopiedEntry {
  readonly id: string;
  readonly version: number;
  readonly projectId: number;
  readonly digest: string;
}

/** The same with the content itself, for comparing it with the record. Vectors of cosine copies have length 1. */
export interface CopiedRecord extends CopiedEntry {
  readonly vector: readonly number[];
  readonly text: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * An engine that keeps a copy of records. Every method may be repeated, may be late, and rejects with a `ServiceFault`;
 * `rejected` blames one of the records given, anything else the engine.
 */
export abstract class FollowerTarget {
  abstract readonly name: 'qdrant';
  /** Makes what the copy needs, or finds it as it should be. Rejects with `wrong_data` when what is there does not fit. */
  abstract prepare(copy: Copy, signal: AbortSignal): Promise<void>;
  /** Writes present states. Older versions never replace newer ones. Resolves when they are stored and searchable. */
  abstract put(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<void>;
  /**
   * With `upTo`, of the ids in it only versions up to the one given: a removal that happens late, after its call was given
   * up, then spares a record that was written again.
   */
  abstract remove(
    copy: Copy,
    ids: readonly string[],
    signal: AbortSignal,
    upTo?: ReadonlyMap<string, number>,
  ): Promise<void>;
  /** Exact. Rejects with `wrong_data` when there is no such copy. */
  abstract count(copy: Copy, signal: AbortSignal): Promise<number>;
  /** Everything it holds, in pages, in an order of its own; `next` is absent on the last page. */
  abstract scan(
    copy: Copy,
    page: { readonly after?: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly CopiedEntry[]; readonly next?: string }>;
  /** Those of `ids` that it holds, with their content. */
  abstract read(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<readonly CopiedRecord[]>;
  abstract drop(copy: Pick<Copy, 'collectionId' | 'epoch'>, signal: AbortSignal): Promise<void>;
  /** The copies that are there under our own name, for finding those that nobody needs. */
  abstract list(signal: AbortSignal): Promise<readonly Pick<Copy, 'collectionId' | 'epoch'>[]>;
  /** The mark that we left in the engine's storage; `undefined` in one that we never wrote to, or that was emptied. */
  abstract readMark(signal: AbortSignal): Promise<StorageMark | undefined>;
  abstract writeMark(mark: StorageMark, signal: AbortSignal): Promise<void>;
}

/** Tells a storage that is ours and current from an emptied, restored or foreign one. */
export interface StorageMark {
  /** Made when the follower took over this storage. */
  readonly storageId: string;
  /** Rises with time; a restored backup has a lower one than Postgres remembers. */
  readonly beat: number;
}
