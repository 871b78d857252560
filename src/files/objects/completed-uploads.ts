import { Injectable } from '@nestjs/common';
import { conflict, invalidAt, notFound } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { presentFile, type PresentedFile } from './file';
import type { StoredAnswer } from './files.service';
import { s3TagOf } from './s3-tag';
import type { DirectGrant } from './presign';

/** How long the answer is kept, at least. */
const RETENTION = `interval '1 day'`;

/** The answer to the completion of an upload. */
export interface CompletedAnswer {
  readonly status: 200 | 201;
  readonly file: PresentedFile;
  /** For clients of S3. */
  readonly s3_tag?: string;
}

/** Uploads that have become files, and what that was answered with: a client that lost the answer asks again. */
@Injectable()
export class CompletedUploads {
  constructor(private readonly database: Database) {}

  /**
   * Returns the answer of an earlier completion, or completes. Of two at once the later one gets the answer of the other.
   * Throws `invalid` for a `sha256` that the file did not get.
   */
  async once(
    scope: Scope,
    id: string,
    sha256: Buffer | undefined,
    complete: () => Promise<CompletedAnswer>,
  ): Promise<CompletedAnswer> {
    const first = await this.find(scope, id);
    if (first) return agreed(first, sha256);
    try {
      return await complete();
    } catch (error) {
      const other = await this.find(scope, id).catch(() => undefined);
      if (other) return agreed(other, sha256);
      throw error;
    }
  }

  /** Keeps the answer with the upload. Throws `not_found` when that was completed or aborted meanwhile. */
  async settle(tx: Executor, scope: Scope, id: string, answer: CompletedAnswer): Promise<void> {
    const { rowCount } = await tx.query(
      `update zerodb_uploads set completed_at = now(), answer = $3, expires_at = greatest(expires_at, now() + ${RETENTION})
       where project_id = $1 and id = $2 and completed_at is null`,
      [scope.projectId, id, JSON.stringify(answer)],
    );
    if (rowCount === 0) throw notFound('upload', id);
  }

  /** Keeps the answer of a direct upload, of which there was no row. Throws `conflict` when there is an answer. */
  async add(tx: Executor, scope: Scope, grant: DirectGrant, answer: CompletedAnswer): Promise<void> {
    const { rowCount } = await tx.query(
      `insert into zerodb_uploads (id, project_id, bucket_id, key, content_type, metadata, expires_at, completed_at, answer)
       select $1, $2, id, $4, $5, '{}', greatest(to_timestamp($6), now() + ${RETENTION}), now(), $7 from zerodb_buckets
       where project_id = $2 and name = $3 on conflict (id) do nothing`,
      [
        grant.object,
        scope.projectId,
        grant.bucket,
        grant.key,
        answer.file.content_type,
        grant.expires,
        JSON.stringify(answer),
      ],
    );
    if (rowCount === 0) throw conflict('This ticket was completed before.');
  }

  /** The answer of an earlier completion. */
  async find(scope: Scope, id: string): Promise<CompletedAnswer | undefined> {
    const { rows } = await this.database.query<{ answer: CompletedAnswer }>(
      scope,
      `select answer from zerodb_uploads
       where project_id = $1 and id = $2 and completed_at is not null and expires_at > now()`,
      [scope.projectId, id],
    );
    return rows[0]?.answer;
  }
}

export const completedAnswer = ({ file, created }: StoredAnswer): CompletedAnswer => ({
  status: created ? 201 : 200,
  file: presentFile(file),
  s3_tag: s3TagOf(file),
});

const agreed = (answer: CompletedAnswer, sha256: Buffer | undefined): CompletedAnswer => {
  if (sha256 === undefined || sha256.toString('hex') === answer.file.sha256) return answer;
  throw invalidAt('/sha256', `The upload was completed before, as bytes with the SHA-256 ${answer.file.sha256}.`);
};
