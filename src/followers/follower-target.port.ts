import type { ServiceName } from '../registry/service';

/** One build of a follower's copy of one collection. */
export interface Copy {
  readonly collectionId: number;
  readonly projectId: number;
  readonly dimension: number;
  readonly metric: 'cosine' | 'dot' | 'euclid' | 'manhattan';
  /** Indexed metadata fields. */
  readonly indexes: readonly { readonly field: string; readonly type: 'string' | 'number' | 'datetime' | 'boolean' }[];
  /** What it is searched by beside its originals, from which hits are scored. Default: nothing. */
  readonly compression?: 'none' | 'int8' | 'binary';
  /** Identifies this build; part of the names of its objects. Lower-case letters and digits. */
  readonly epoch: string;
}

/** A build of a copy that serves, and by which codes it is searched. */
export interface ServingCopy {
  readonly epoch: string;
  readonly compression: NonNullable<Copy['compression']>;
}

/** A record as the follower must store it. */
export interface FollowedRecord {
  readonly id: string;
  readonly version: number;
  /** Empty where it has none. */
  readonly vector: readonly number[] | Float32Array;
  readonly text: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** RFC 3339 to the microsecond: a `Date` has milliseconds only, so filters on times would be inexact. */
  readonly createdAt: Date | string;
  readonly updatedAt: Date | string;
  /** Hash of the content, computed by Postgres; stored with the copy for comparison. */
  readonly digest: string;
}

/** The entry of a record in a copy. */
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
 * `rejected` means that one of the given records is at fault, any other kind that the engine is.
 */
export abstract class FollowerTarget {
  abstract readonly name: ServiceName;
  /**
   * Creates the copy's objects, or verifies existing ones. Resolves with the codes that the engine took, `none` where it
   * knows none. Rejects with `wrong_data` when existing objects do not match.
   */
  abstract prepare(copy: Copy, signal: AbortSignal): Promise<NonNullable<Copy['compression']>>;
  /** Writes current states. Older versions never replace newer ones. Resolves when they are stored and searchable. */
  abstract put(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<void>;
  /**
   * With `upTo`, removes the ids in it only up to the given version: a late removal, after its call was abandoned, then
   * keeps a record that was written again.
   */
  abstract remove(
    copy: Copy,
    ids: readonly string[],
    signal: AbortSignal,
    upTo?: ReadonlyMap<string, number>,
  ): Promise<void>;
  /** Exact. Rejects with `wrong_data` when there is no such copy. */
  abstract count(copy: Copy, signal: AbortSignal): Promise<number>;
  /** All entries in pages, in the engine's order; `next` is absent on the last page. */
  abstract scan(
    copy: Copy,
    page: { readonly after?: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly CopiedEntry[]; readonly next?: string }>;
  /** Those of `ids` that it holds, with their content. */
  abstract read(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<readonly CopiedRecord[]>;
  abstract drop(copy: Pick<Copy, 'collectionId' | 'epoch'>, signal: AbortSignal): Promise<void>;
  /** The existing copies under our own name, to find orphans. */
  abstract list(signal: AbortSignal): Promise<readonly Pick<Copy, 'collectionId' | 'epoch'>[]>;
  /** The mark that we left in the engine's storage; `undefined` in a storage that is new or was emptied. */
  abstract readMark(signal: AbortSignal): Promise<StorageMark | undefined>;
  abstract writeMark(mark: StorageMark, signal: AbortSignal): Promise<void>;
}

/** Distinguishes our current storage from an emptied, restored or foreign one. */
export interface StorageMark {
  /** Created when the follower took over this storage. */
  readonly storageId: string;
  /** Increases over time; a restored backup has a lower value than Postgres remembers. */
  readonly beat: number;
}
