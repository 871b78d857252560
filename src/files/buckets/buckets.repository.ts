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

  async usage(scope: Scope, id: number): Promise<BucketUsage> {
    const { rows } = await this.database.query<BucketUsage>(
      scope,
      `with f as (select sha256, size from zerodb_files where project_id = $1 and bucket_id = $2)
       select (select count(*) from f) as files, (select coalesce(sum(size), 0)::bigint from f) as bytes,
         (select coalesce(sum(b.stored_size), 0)::bigint from zerodb_blobs b
          where b.project_id = $1 and b.sha256 in (select sha256 from f)) as stored_bytes`,
      [scope.projectId, id],
    );
    return rows[0] ?? { files: 0, bytes: 0, stored_bytes: 0 };
  }
}
