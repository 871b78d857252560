import type { RecordInput } from '../shapes';

/** A file whose records, all but the first, are to be the only ones of it. */
export interface Surplus {
  readonly path: string;
  readonly sha256: string;
  /** How many records the file has now. */
  readonly count: number;
}

/** Where the records go: a collection. */
export interface IngestTarget {
  /** Makes the collection when it is missing. */
  prepare(): Promise<void>;
  /** The files of `source` that are there completely: path -> SHA-256 of their bytes. */
  ingested(source: string): Promise<Map<string, string>>;
  upsert(records: readonly RecordInput[]): Promise<void>;
  /** Deletes records that are left over of an earlier version of these files; their record 0 stays. */
  deleteSurplus(files: readonly Surplus[]): Promise<void>;
  deleteFiles(paths: readonly string[]): Promise<void>;
}
