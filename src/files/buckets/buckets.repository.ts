import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { inScope } from '../../database/entities/in-scope';
import { insertIfAbsent, NEXT_VERSION, updateRow } from '../../database/entities/statements';
import { releaseReferences } from '../../database/graph-references';
import type { Bucket, BucketSettings, BucketUsage } from './bucket';
import { BucketEntity } from './bucket.entity';

/** As long as the request: each node of a graph that stands for one of the files is changed. */
const REMOVAL = { timeoutMs: 60_000 };

/** The table of buckets. */
@Injectable()
export class BucketsRepository {
  constructor(
    @InjectRepository(BucketEntity) private readonly buckets: Repository<BucketEntity>,
    private readonly database: Database,
  ) {}

  /** By hand: each request for a file asks this. */
  async find(scope: Scope, name: string): Promise<Bucket | undefined> {
    const sql = `select id, name, settings, version, created_at, updated_at from zerodb_buckets
      where project_id = $1 and name = $2`;
    return (await this.database.query<Bucket>(scope, sql, [scope.projectId, name])).rows[0];
  }

  async list(scope: Scope, limit: number, after: string | undefined): Promise<Bucket[]> {
    return await inScope(this.buckets, scope).find({
      where: { project_id: scope.projectId, ...(after === undefined ? {} : { name: MoreThan(after) }) },
      order: { name: 'asc' },
      take: limit,
    });
  }

  /** `undefined` when it already exists. */
  async insert(scope: Scope, name: string, settings: BucketSettings): Promise<Bucket | undefined> {
    return await insertIfAbsent(inScope(this.buckets, scope), { project_id: scope.projectId, name, settings });
  }

  /** `undefined` when it does not exist, or has another version than `version`. */
  async update(
    scope: Scope,
    name: string,
    settings: BucketSettings,
    version: number | undefined,
  ): Promise<Bucket | undefined> {
    return await updateRow(
      inScope(this.buckets, scope),
      { project_id: scope.projectId, name, ...(version === undefined ? {} : { version }) },
      { settings, ...NEXT_VERSION },
    );
  }

  /** Removes the bucket with its files. Returns the hashes it referred to; `undefined` when it is not empty. */
  async delete(scope: Scope, id: number, withFiles: boolean): Promise<Buffer[] | undefined> {
    return this.database.transaction(
      scope,
      async (tx) => {
        const ids = [scope.projectId, id];
        const lock = `select name from zerodb_buckets where project_id = $1 and id = $2 for update`;
        const [bucket] = (await tx.query<{ name: string }>(lock, ids)).rows;
        const { rows } = await tx.query<{ sha256: Buffer }>(
          `select sha256 from zerodb_files where project_id = $1 and bucket_id = $2
         union select p.sha256 from zerodb_upload_parts p join zerodb_uploads u on u.id = p.upload_id
         where u.project_id = $1 and u.bucket_id = $2`,
          ids,
        );
        if (rows.length > 0 && !withFiles) return undefined;
        await tx.query(`delete from zerodb_buckets where project_id = $1 and id = $2`, ids);
        if (bucket) await releaseReferences(tx, scope.projectId, { kind: 'file', place: bucket.name });
        return rows.map(({ sha256 }) => sha256);
      },
      REMOVAL,
    );
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
