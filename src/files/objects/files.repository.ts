import { Injectable } from '@nestjs/common';
import { notFound, preconditionFailed } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import { releaseReferences } from '../../database/graph-references';
import { BLOB_COLUMNS, locatedBlob, type BlobRow } from '../blobs/blobs.repository';
import type { Bucket } from '../buckets/bucket';
import type { WriteConditions } from './conditions';
import type { FileFacts, FileRow, StoredFile } from './file';

export const FILE_COLUMNS = `k.name as bucket, f.key, f.version, f.sha256, f.s3_tag, f.size, f.content_type, f.content_encoding, f.disposition, f.metadata,
  f.created_at, f.updated_at, b.stored_size, b.encoding,
  array(select c.store from zerodb_blob_copies c
        where c.project_id = b.project_id and c.sha256 = b.sha256 and c.state = 'live') as stores`;

export const FILE_TABLES = `from zerodb_buckets k join zerodb_files f on f.bucket_id = k.id
  join zerodb_blobs b on b.project_id = f.project_id and b.sha256 = f.sha256`;

/** An expired file is treated as deleted, even before the sweeper removes it. */
export const NOT_EXPIRED = `coalesce(f.updated_at
  + make_interval(secs => (k.settings->'lifecycle'->>'expire_after_seconds')::float8) > now(), true)`;

export interface ListRequest {
  readonly prefix: string;
  readonly limit: number;
  readonly after: string | undefined;
}

@Injectable()
export class FilesRepository {
  constructor(private readonly database: Database) {}

  async find(scope: Scope, bucket: string, key: string, tx?: Executor): Promise<StoredFile | undefined> {
    const sql = `select ${FILE_COLUMNS}, ${BLOB_COLUMNS} ${FILE_TABLES}
      where k.project_id = $1 and k.name = $2 and f.key = $3 and ${NOT_EXPIRED}`;
    const params = [scope.projectId, bucket, key];
    const query = tx
      ? tx.query<FileRow & BlobRow>(sql, params)
      : this.database.queryByPlan<FileRow & BlobRow>(scope, sql, params);
    const row = (await query).rows[0];
    return row && { row, blob: locatedBlob(row) };
  }

  /** By key, in code point order. */
  async list(scope: Scope, bucket: Bucket, { prefix, limit, after }: ListRequest): Promise<FileRow[]> {
    const { rows } = await this.database.query<FileRow>(
      scope,
      `select ${FILE_COLUMNS} ${FILE_TABLES}
       where k.project_id = $1 and k.id = $2 and ${NOT_EXPIRED} and starts_with(f.key, $3) and f.key >= $3
         and ($3 = '' or f.key <= $3 || chr(1114111)) and ($4::text is null or f.key > $4)
       order by f.key limit $5`,
      [scope.projectId, bucket.id, prefix, after ?? null, limit],
    );
    return rows;
  }

  /**
   * Locks the name of a file, whether there is one or not, and the bucket against removal, both until the transaction
   * ends (decision 21 has the order). Returns the hash of the existing file. Throws `not_found` for a removed bucket.
   */
  async lock(tx: Executor, scope: Scope, bucket: Bucket, key: string): Promise<Buffer | undefined> {
    const params = [scope.projectId, bucket.id, key];
    const locked = await tx.query(
      `select pg_advisory_xact_lock($2, hashtext($3)) from zerodb_buckets
       where project_id = $1 and id = $2 for key share`,
      params,
    );
    if (locked.rowCount === 0) throw notFound('bucket', bucket.name);
    // A separate statement: it sees what was committed while the first one waited.
    const { rows } = await tx.query<{ sha256: Buffer }>(
      `select sha256 from zerodb_files where project_id = $1 and bucket_id = $2 and key = $3 for no key update`,
      params,
    );
    return rows[0]?.sha256;
  }

  /** Creates or replaces the file, after `lock`. Throws `precondition_failed`. */
  async upsert(
    tx: Executor,
    scope: Scope,
    bucket: Bucket,
    file: WrittenFile,
    { createOnly, hashes }: WriteConditions,
  ): Promise<{ version: number; created: boolean }> {
    const { sql, values } = writeStatement(scope, bucket, file, { createOnly, hashes });
    const { rows } = await tx.query<{ version: number; created: boolean }>(sql, values);
    if (rows[0]) return rows[0];
    throw preconditionFailed(
      createOnly ? `There is a file "${file.key}" already.` : `The file "${file.key}" has another ETag.`,
    );
  }

  /** Returns the hash of the removed file; `undefined` without a file (or without one that has one of `hashes`). */
  async delete(
    tx: Executor,
    scope: Scope,
    bucket: Bucket,
    key: string,
    hashes: readonly Buffer[] | undefined,
  ): Promise<Buffer | undefined> {
    const { rows } = await tx.query<{ sha256: Buffer }>(
      `delete from zerodb_files where project_id = $1 and bucket_id = $2 and key = $3
         and (cardinality($4::bytea[]) = 0 or sha256 = any ($4)) returning sha256`,
      [scope.projectId, bucket.id, key, hashes ?? []],
    );
    if (rows[0]) await releaseReferences(tx, scope.projectId, { kind: 'file', place: bucket.name, ids: [key] });
    return rows[0]?.sha256;
  }
}

interface WrittenFile {
  readonly key: string;
  readonly sha256: Buffer;
  readonly size: number;
  readonly facts: FileFacts;
  readonly s3Tag: string | null;
}

/** The statement that creates or replaces a file. It writes no row where the conditions do not hold. */
function writeStatement(
  scope: Scope,
  bucket: Bucket,
  { key, sha256, size, facts, s3Tag }: WrittenFile,
  { createOnly, hashes }: WriteConditions,
): { sql: string; values: unknown[] } {
  const params = new SqlParams();
  const of = params.addAll({
    project: scope.projectId,
    bucket: bucket.id,
    key,
    sha256,
    size,
    type: facts.contentType,
    disposition: facts.disposition,
    metadata: JSON.stringify(facts.metadata),
    encoding: facts.contentEncoding,
    tag: s3Tag,
  });
  const insert = `insert into zerodb_files
      (project_id, bucket_id, key, sha256, size, content_type, disposition, metadata, content_encoding, s3_tag)
    values (${of.project}, ${of.bucket}, ${of.key}, ${of.sha256}, ${of.size}, ${of.type}, ${of.disposition},
      ${of.metadata}::jsonb, ${of.encoding}, ${of.tag})`;
  const set = `sha256 = ${of.sha256}, size = ${of.size}, content_type = ${of.type}, disposition = ${of.disposition},
    metadata = ${of.metadata}::jsonb, content_encoding = ${of.encoding}, s3_tag = ${of.tag}, updated_at = now(), version = nextval('zerodb_version')`;
  const returning = `returning version, created_at = updated_at as created`;
  const replaced = (wanted: readonly Buffer[]): string => {
    const list = params.add(wanted, 'bytea[]');
    return `update zerodb_files set ${set} where project_id = ${of.project} and bucket_id = ${of.bucket} and key = ${of.key}
      and (cardinality(${list}) = 0 or sha256 = any (${list})) ${returning}`;
  };
  if (createOnly)
    return { sql: `${insert} on conflict (bucket_id, key) do nothing ${returning}`, values: params.values };
  const sql =
    hashes === undefined
      ? `${insert} on conflict (bucket_id, key) do update set ${set} ${returning}`
      : replaced(hashes);
  return { sql, values: params.values };
}
