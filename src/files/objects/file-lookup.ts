import { Inject, Injectable, Optional } from '@nestjs/common';
import { ZeroDbError } from '../../common/errors';
import { freshOrStale } from '../../common/fresh-or-stale';
import type { Scope } from '../../common/scope';
import { ServiceRegistry } from '../../registry/service';
import type { StoredFile } from './file';
import { FilesRepository } from './files.repository';
import { KnownFiles } from './known-files';

/** A file, and whether it is one that was remembered because Postgres cannot be asked. */
export interface FoundFile extends StoredFile {
  readonly isRemembered: boolean;
}

/**
 * Finds files for readers. Postgres is asked every time, so that whatever was acknowledged is seen; when it is gone, files
 * that were used lately are still found, as they were known last.
 */
@Injectable()
export class FileLookup {
  private readonly known = new KnownFiles();

  constructor(
    private readonly files: FilesRepository,
    @Optional() @Inject(ServiceRegistry) private readonly registry?: ServiceRegistry,
  ) {}

  /** `undefined` when there is no such file. Rejects with `unavailable` when it is not known either. */
  async find(scope: Scope, bucket: string, key: string): Promise<FoundFile | undefined> {
    const known = this.known.get(scope, bucket, key);
    const file = await this.ask(() => this.load(scope, bucket, key), known);
    return file && { ...file, isRemembered: file === known };
  }

  /** What was just written here: nobody is to be shown what was there before. */
  remember(scope: Scope, file: StoredFile): void {
    this.known.set(scope, file.row.bucket, file.row.key, file);
  }

  forget(scope: Scope, bucket: string, key: string): void {
    this.known.delete(scope, bucket, key);
  }

  forgetBucket(scope: Scope, bucket: string): void {
    this.known.deleteBucket(scope, bucket);
  }

  /** A Postgres that answers late is waited for as long as nobody says that it is out. */
  private async ask(
    load: () => Promise<StoredFile | undefined>,
    known: StoredFile | undefined,
  ): Promise<StoredFile | undefined> {
    const state = this.registry?.gate('postgres').state;
    if (state === 'down' || state === 'recovering') return freshOrStale(load, known);
    try {
      return await load();
    } catch (error) {
      if (known && error instanceof ZeroDbError && error.status === 503) return known;
      throw error;
    }
  }

  private async load(scope: Scope, bucket: string, key: string): Promise<StoredFile | undefined> {
    const file = await this.files.find(scope, bucket, key);
    if (file) this.remember(scope, file);
    else this.forget(scope, bucket, key);
    return file;
  }
}
