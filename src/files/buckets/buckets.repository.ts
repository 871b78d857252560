import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Bucket, BucketSettings, BucketUsage } from './bucket';

const COLUMNS = 'id, name, settings, version, created_at, updated_at';

@Injectable()
export class BucketsRepository {
  constructor(private readonly database: Database) {}

  async find(scope: Scope, name: string): Promise<Bucket | undefined> {
    const sql = `select ${COLUMNS} from zerodb_buckets where project_id = $1 and name = $2`;
    return (await this.database.query<Bucket>(scope, sql, [scope.projectId, name])).rows[0];
  }

  async list(scope: Scope, limit: number, after: string | undefined): Promise<Bucket[]> {
    const sql = `select ${COLUMNS} from zerodb_buckets
      where project_id = $1 and ($3::text is null or name > $3) order by name limit $2`;
    return (await this.database.query<Bucket>(scope, sql, [scope.projectId, limit, after ?? null])).rows;
  }

  /** `undefined` when it already exists. */
  async insert(scope: Scope, name: string, settings: BucketSettings): Promise<Bucket | undefined> {
    const sql = `insert into zerodb_buckets (project_id, name, settings) values ($1, $2, $3)
      on conflict (project_id, name) do nothing returning ${COLUMNS}`;
    return (await this.database.query<Bucket>(scope, sql, [scope.projectId, name, JSON.stringify(settings)])).rows[0];
  }

  /** `undefined` when it does not exist, or has another version than `version`. */
  async update(
    scope: Scope,
    name: string,
    settings: BucketSettings,
    version: number | undefined,
  ): Promise<Bucket | undefined> {
    const sql = `update zerodb_buckets
      set settings = $3, updated_at = now(), version = nextval('zerodb_version')
      where project_id = $1 and name = $2 and ($4::bigint is null or version = $4) returning ${COLUMNS}`;
    const values = [scope.projectId, name, JSON.stringify(settings), version ?? null];
    return (await this.database.query<Bucket>(scope, sql, values)).rows[0];
  }

  /** Removes the bucket with its files. Returns the hashes it referred to; `undefined` when it is not empty. */
  async delete(scope: Scope, id: number, withFiles: boolean): Promise<Buffer[] | undefined> {
    return this.database.transaction(scope, async (tx) => {
      const ids = [scope.projectId, id];
      await tx.query(`select 1 from zerodb_buckets where project_id = $1 and id = $2 for update`, ids);
      const { rows } = await tx.query<{ sha256: Buffer }>(
        `select sha256 from zerodb_files where project_id = $1 and bucket_id = $2
         union select p.sha256 from zerodb_upload_parts p join zerodb_uploads u on u.id = p.upload_id
         where u.project_id = $1 and u.bucket_id = $2`,
        ids,
      );
      if (rows.length > 0 && !withFiles) return undefined;
      await tx.query(`delete from zerodb_buckets where project_id = $1 and id = $2`, ids);
      return rows.map(({ sha256 }) => sha256);
    });
  }

  /** By the id of the bucket. */
  async usages(scope: Scope, ids: readonly number[]): Promise<ReadonlyMap<number, BucketUsage>> {
    const { rows } = await this.database.query<BucketUsage & { readonly id: number }>(
      scope,
      `with f as (select bucket_id, sha256, size from zerodb_files where project_id = $1 and bucket_id = any($2::bigint[])),
         stored as (
           select d.bucket_id, sum(b.stored_size)::bigint as bytes
           from (select distinct bucket_id, sha256 from f) d
           join zerodb_blobs b on b.project_id = $1 and b.sha256 = d.sha256 group by d.bucket_id)
       select f.bucket_id as id, count(*) as files, coalesce(sum(f.size), 0)::bigint as bytes,
         coalesce(max(s.bytes), 0)::bigint as stored_bytes
       from f left join stored s on s.bucket_id = f.bucket_id group by f.bucket_id`,
      [scope.projectId, ids],
    );
    return new Map(rows.map(({ id, ...usage }) => [id, usage]));
  }
}
