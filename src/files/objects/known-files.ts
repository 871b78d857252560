import { LRUCache } from 'lru-cache';
import type { Scope } from '../../common/scope';
import type { StoredFile } from './file';

/** How long remembered files are served while Postgres is down. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_FILES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Bytes of a row besides the hashes of its content. */
const ROW_BYTES = 1_024;

interface Entry {
  readonly file: StoredFile;
  readonly at: number;
}

/** The files that were read or written last: bounded in number, in bytes and in age. */
export class KnownFiles {
  private readonly entries: LRUCache<string, Entry>;

  constructor(
    limits: { readonly files: number; readonly bytes: number } = { files: MAX_FILES, bytes: MAX_BYTES },
    private readonly now: () => number = () => performance.now(),
  ) {
    this.entries = new LRUCache({ max: limits.files, maxSize: limits.bytes, sizeCalculation: sizeOf });
  }

  get(scope: Scope, bucket: string, key: string): StoredFile | undefined {
    const entry = this.entries.get(idOf(scope, bucket, key));
    return entry && this.now() - entry.at < KEPT_MS ? entry.file : undefined;
  }

  set(scope: Scope, bucket: string, key: string, file: StoredFile): void {
    const before = this.get(scope, bucket, key);
    // A slow read from Postgres must not overwrite a newer write.
    if (before && before.row.version > file.row.version) return;
    this.entries.set(idOf(scope, bucket, key), { file, at: this.now() });
  }

  delete(scope: Scope, bucket: string, key: string): void {
    this.entries.delete(idOf(scope, bucket, key));
  }

  deleteBucket(scope: Scope, bucket: string): void {
    const prefix = idOf(scope, bucket, '');
    for (const id of [...this.entries.keys()]) if (id.startsWith(prefix)) this.entries.delete(id);
  }
}

const sizeOf = ({ file: { blob } }: Entry): number => ROW_BYTES + blob.chunks.length + (blob.frames?.length ?? 0);

const idOf = ({ projectId }: Scope, bucket: string, key: string): string => `${projectId}/${bucket}/${key}`;
