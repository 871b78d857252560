import { Injectable } from '@nestjs/common';
import { notFound } from '../../common/errors';
import { newId } from '../../common/ids';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import type { Coding } from '../../api/as-sent';
import type { Bucket } from '../buckets/bucket';
import type { FileFacts } from '../objects/file';

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly content_type: string;
  readonly content_encoding: Coding | null;
  readonly disposition: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export interface UploadPart {
  readonly number: number;
  readonly sha256: Buffer;
  readonly size: number;
  /** Of a part that a client of S3 sent. */
  readonly md5: Buffer | null;
}

export interface UploadsRequest {
  readonly prefix: string;
  readonly after: { readonly key: string; readonly id: string } | undefined;
  readonly limit: number;
}

const COLUMNS = `u.id, k.name as bucket, u.key, u.content_type, u.content_encoding, u.disposition, u.metadata, u.created_at, u.expires_at`;

@Injectable()
export class UploadsRepository {
  constructor(private readonly database: Database) {}

  async create(scope: Scope, bucket: Bucket, key: string, facts: FileFacts, seconds: number): Promise<Upload> {
    const params = new SqlParams();
    const of = params.addAll({
      id: newId(),
      project: scope.projectId,
      bucket: bucket.id,
      key,
      type: facts.contentType,
      encoding: facts.contentEncoding,
      disposition: facts.disposition,
      metadata: JSON.stringify(facts.metadata),
      seconds,
    });
    const { rows } = await this.database.query<{ id: string }>(
      scope,
      `insert into zerodb_uploads (id, project_id, bucket_id, key, content_type, content_encoding, disposition, metadata, expires_at)
       values (${of.id}, ${of.project}, ${of.bucket}, ${of.key}, ${of.type}, ${of.encoding}, ${of.disposition}, ${of.metadata},
         now() + make_interval(secs => ${of.seconds})) returning id`,
      params.values,
    );
    return this.get(scope, rows[0]?.id ?? '');
  }

  async get(scope: Scope, id: string): Promise<Upload> {
    const { rows } = await this.database.query<Upload>(
      scope,
      `select ${COLUMNS} from zerodb_uploads u join zerodb_buckets k on k.id = u.bucket_id
       where u.project_id = $1 and u.id = $2 and u.completed_at is null and u.expires_at > now()`,
      [scope.projectId, id],
    );
    if (!rows[0]) throw notFound('upload', id);
    return rows[0];
  }

  /** Uploads of a bucket that are not completed, by key and id, `limit` of them after a position. */
  async list(scope: Scope, bucket: Bucket, { prefix, after, limit }: UploadsRequest): Promise<Upload[]> {
    const { rows } = await this.database.query<Upload>(
      scope,
      `select ${COLUMNS} from zerodb_uploads u join zerodb_buckets k on k.id = u.bucket_id
       where u.project_id = $1 and u.bucket_id = $2 and u.completed_at is null and u.expires_at > now()
         and starts_with(u.key, $3) and ($4::text is null or (u.key collate "C", u.id collate "C") > ($4::text, $5::text))
       order by u.key collate "C", u.id collate "C" limit $6`,
      [scope.projectId, bucket.id, prefix, after?.key ?? null, after?.id ?? '', limit],
    );
    return rows;
  }

  async parts(scope: Scope, id: string): Promise<UploadPart[]> {
    const { rows } = await this.database.query<UploadPart>(
      scope,
      `select number, sha256, size, md5 from zerodb_upload_parts where project_id = $1 and upload_id = $2 order by number`,
      [scope.projectId, id],
    );
    return rows;
  }

  /** Throws `not_found` when the upload was completed or aborted meanwhile. */
  async setPart(
    tx: Executor,
    scope: Scope,
    id: string,
    { number, sha256, size, md5 }: UploadPart,
  ): Promise<Buffer | undefined> {
    const there = await tx.query(
      `select 1 from zerodb_uploads where project_id = $1 and id = $2 and completed_at is null for share`,
      [scope.projectId, id],
    );
    if (there.rowCount === 0) throw notFound('upload', id);
    const before = await tx.query<{ sha256: Buffer }>(
      `select sha256 from zerodb_upload_parts where project_id = $1 and upload_id = $2 and number = $3 for update`,
      [scope.projectId, id, number],
    );
    await tx.query(
      `insert into zerodb_upload_parts (upload_id, project_id, number, sha256, size, md5) values ($1, $2, $3, $4, $5, $6)
       on conflict (upload_id, number) do update set sha256 = excluded.sha256, size = excluded.size, md5 = excluded.md5`,
      [id, scope.projectId, number, sha256, size, md5],
    );
    return before.rows[0]?.sha256;
  }

  /** Removes the parts of an upload that becomes a file; returns the hashes they referred to. */
  async takeParts(tx: Executor, scope: Scope, id: string): Promise<Buffer[]> {
    const { rows } = await tx.query<{ sha256: Buffer }>(
      `delete from zerodb_upload_parts where project_id = $1 and upload_id = $2 returning sha256`,
      [scope.projectId, id],
    );
    return rows.map(({ sha256 }) => sha256);
  }

  /** Removes the upload with its parts; returns the hashes they referred to. `isOver`: a completed one, too. */
  async delete(scope: Scope, id: string, isOver = false): Promise<Buffer[] | undefined> {
    return this.database.transaction(scope, async (tx) => {
      const ids = [scope.projectId, id];
      const there = await tx.query(
        `select 1 from zerodb_uploads where project_id = $1 and id = $2
           and (completed_at is null or $3) and (not $3 or expires_at <= now()) for update`,
        [...ids, isOver],
      );
      if (there.rowCount === 0) return undefined;
      const { rows } = await tx.query<{ sha256: Buffer }>(
        `select distinct sha256 from zerodb_upload_parts where project_id = $1 and upload_id = $2`,
        ids,
      );
      await tx.query(`delete from zerodb_uploads where project_id = $1 and id = $2`, ids);
      return rows.map(({ sha256 }) => sha256);
    });
  }
}
