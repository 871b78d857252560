import type { Scope } from '../../common/scope';
import type { StoredFile } from './file';

/** While Postgres is gone, reads go on with what was known, for so long. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_FILES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** What a row costs besides the hashes of its content. */
const ROW_BYTES = 1_024;

interface Entry {
  readonly file: StoredFile;
  readonly at: number;
  readonly bytes: number;
}

/** The files that were read or written last: bounded in number, in bytes and in age. */
export class KnownFiles {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(
    private readonly limits: { readonly files: number; readonly bytes: number } = {
      files: MAX_FILES,
      bytes: MAX_BYTES,
    },
    private readonly now: () => number = () => performance.now(),
  ) {}

  get(scope: Scope, bucket: string, key: string): StoredFile | undefined {
    const entry = this.entries.get(idOf(scope, bucket, key));
    return entry && this.now() - entry.at < KEPT_MS ? entry.file : undefined;
  }

  set(scope: Scope, bucket: string, key: string, file: StoredFile): void {
    const before = this.get(scope, bucket, key);
    // A look at Postgres that took its time must not undo what was written meanwhile.
    if (before && before.row.version > file.row.version) return;
    this.delete(scope, bucket, key);
    const bytes = ROW_BYTES + file.blob.chunks.length + (file.blob.frames?.length ?? 0);
    this.entries.set(idOf(scope, bucket, key), { file, at: this.now(), bytes });
    this.bytes += bytes;
    for (const id of this.entries.keys()) {
      if (this.entries.size <= this.limits.files && this.bytes <= this.limits.bytes) return;
      this.drop(id);
    }
  }

  delete(scope: Scope, bucket: string, key: string): void {
    this.drop(idOf(scope, bucket, key));
  }

  deleteBucket(scope: Scope, bucket: string): void {
    const prefix = idOf(scope, bucket, '');
    for (const id of this.entries.keys()) if (id.startsWith(prefix)) this.drop(id);
  }

  private drop(id: string): void {
    this.bytes -= this.entries.get(id)?.bytes ?? 0;
    this.entries.delete(id);
  }
}

const idOf = ({ projectId }: Scope, bucket: string, key: string): string => `${projectId}/${bucket}/${key}`;
