import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { PostgresAway } from '../../registry/postgres-away';
import type { StoredFile } from './file';
import { FilesRepository } from './files.repository';
import { KnownFiles } from './known-files';

/** A file, and whether it is a remembered one because Postgres is unreachable. */
export interface FoundFile extends StoredFile {
  readonly isRemembered: boolean;
}

/**
 * Finds files for readers. Queries Postgres every time, so that acknowledged writes are visible; while it is down,
 * recently used files are found in their last known state.
 */
@Injectable()
export class FileLookup {
  private readonly known = new KnownFiles();

  constructor(
    private readonly files: FilesRepository,
    private readonly away: PostgresAway,
  ) {}

  /** `undefined` when there is no such file. Rejects with `unavailable` when it is not remembered either. */
  async find(scope: Scope, bucket: string, key: string): Promise<FoundFile | undefined> {
    const known = this.known.get(scope, bucket, key);
    const file = await this.ask(() => this.load(scope, bucket, key), known);
    return file && { ...file, isRemembered: file === known };
  }

  /** Remembers a write of this process, so that no reader sees the previous state. */
  store(scope: Scope, file: StoredFile): void {
    this.known.set(scope, file.row.bucket, file.row.key, file);
  }

  evict(scope: Scope, bucket: string, key: string): void {
    this.known.delete(scope, bucket, key);
  }

  forgetBucket(scope: Scope, bucket: string): void {
    this.known.deleteBucket(scope, bucket);
  }

  /** Waits for a busy Postgres: remembered files are used only while it is down. */
  private async ask(
    load: () => Promise<StoredFile | undefined>,
    known: StoredFile | undefined,
  ): Promise<StoredFile | undefined> {
    if (!known) return await load();
    return await this.away.otherwise(load, () => Promise.resolve(known));
  }

  private async load(scope: Scope, bucket: string, key: string): Promise<StoredFile | undefined> {
    const file = await this.files.find(scope, bucket, key);
    if (file) this.store(scope, file);
    else this.evict(scope, bucket, key);
    return file;
  }
}
