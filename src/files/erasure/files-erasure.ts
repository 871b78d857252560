import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ErasureParticipants, type ErasureParticipant, type ErasureStep } from '../../erasure/erasure-participant';
import { FilesService } from '../objects/files.service';

const SLICE = 200;
const ANY_VERSION = { createOnly: false, hashes: undefined };

/** Erases files and unfinished uploads whose metadata names the person as `user_id`; done once their bytes are gone. */
@Injectable()
export class FilesErasure implements ErasureParticipant, OnModuleInit {
  readonly name = 'files';

  constructor(
    private readonly database: Database,
    private readonly files: FilesService,
    private readonly participants: ErasureParticipants,
  ) {}

  onModuleInit(): void {
    this.participants.register(this);
  }

  async erase(scope: Scope, userId: string, signal: AbortSignal): Promise<ErasureStep> {
    const files = await this.eraseFiles(scope, userId, signal);
    const uploads = await this.database.query(
      scope,
      `delete from zerodb_uploads where project_id = $1 and metadata ->> 'user_id' = $2`,
      [scope.projectId, userId],
    );
    const waiting = await this.waiting(scope);
    const removed = { files, uploads: uploads.rowCount };
    if (waiting === 0) return { state: 'erased', removed, detail: {} };
    return { state: 'pending', removed, detail: { waits_for_objects: waiting } };
  }

  private async eraseFiles(scope: Scope, userId: string, signal: AbortSignal): Promise<number> {
    let erased = 0;
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await this.database.query<{ bucket: string; key: string }>(
        scope,
        `select b.name as bucket, f.key from zerodb_files f join zerodb_buckets b on b.id = f.bucket_id
         where f.project_id = $1 and f.metadata ->> 'user_id' = $2 order by f.bucket_id, f.key limit ${SLICE}`,
        [scope.projectId, userId],
      );
      for (const { bucket, key } of rows) await this.files.delete(scope, bucket, key, ANY_VERSION).catch(unlessGone);
      erased += rows.length;
      if (rows.length < SLICE) return erased;
    }
  }

  /**
   * Unneeded objects of the project that a store has not removed yet. They include this person's; content that other
   * files share stays.
   */
  private async waiting(scope: Scope): Promise<number> {
    const { rows } = await this.database.query<{ waiting: number }>(
      scope,
      `select ((select count(*) from zerodb_blob_copies where project_id = $1 and state = 'doomed') +
         (select count(*) from zerodb_blobs b where b.project_id = $1
            and not exists (select from zerodb_files f where f.project_id = b.project_id and f.sha256 = b.sha256)
            and not exists (select from zerodb_upload_parts p where p.project_id = b.project_id and p.sha256 = b.sha256)
         ))::int as waiting`,
      [scope.projectId],
    );
    return rows[0]?.waiting ?? 0;
  }
}

/** It was removed concurrently, which is the same result. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ZeroDbError) || error.status !== 404) throw error;
}
