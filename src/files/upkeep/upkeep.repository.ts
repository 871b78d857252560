import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { NO_BACKUP_RUNS } from '../../database/backup-hold';
import { Database } from '../../database/database.port';
import type { StoreName } from '../../orchestrator/file-route';

export interface DueObject {
  readonly key: string;
  readonly store: StoreName;
}

/** Duration of a claim on an object to remove. */
const LEASE_SECONDS = 300;

/** Finds due work in all projects. */
@Injectable()
export class UpkeepRepository {
  constructor(private readonly database: Database) {}

  /** Bytes that Postgres keeps for the object store. */
  async spooledBytes(): Promise<number> {
    const { rows } = await this.database.system.query<{ bytes: number }>(
      'select coalesce(sum(size), 0)::int8 as bytes from zerodb_spool_objects',
    );
    return rows[0]?.bytes ?? 0;
  }

  async expiredFiles(limit: number): Promise<{ scope: Scope; bucket: string; key: string; sha256: Buffer }[]> {
    const { rows } = await this.database.system.query<{
      project_id: number;
      project: string;
      bucket: string;
      key: string;
      sha256: Buffer;
    }>(
      `select k.project_id, p.name as project, k.name as bucket, f.key, f.sha256
       from zerodb_buckets k join zerodb_projects p on p.id = k.project_id join zerodb_files f on f.bucket_id = k.id
       where k.settings->'lifecycle' ? 'expire_after_seconds'
         and f.updated_at + make_interval(secs => (k.settings->'lifecycle'->>'expire_after_seconds')::float8) <= now()
       limit $1`,
      [limit],
    );
    return rows.map(({ project_id, project, ...row }) => ({
      ...row,
      scope: { projectId: project_id, projectName: project },
    }));
  }

  async expiredUploads(limit: number): Promise<{ scope: Scope; id: string }[]> {
    const { rows } = await this.database.system.query<{ project_id: number; id: string }>(
      `select project_id, id from zerodb_uploads where expires_at <= now() limit $1`,
      [limit],
    );
    return rows.map(({ project_id, id }) => ({ id, scope: { projectId: project_id, projectName: '' } }));
  }

  /** Contents without references: leftovers of a dead process or a deleted project. */
  async unreferenced(limit: number): Promise<{ scope: Scope; hashes: Buffer[] }[]> {
    const { rows } = await this.database.system.query<{ project_id: number; hashes: Buffer[] }>(
      `select project_id, array_agg(sha256) as hashes from (
         select b.project_id, b.sha256 from zerodb_blobs b
         where not exists (select 1 from zerodb_files f where f.project_id = b.project_id and f.sha256 = b.sha256)
           and not exists (select 1 from zerodb_upload_parts u where u.project_id = b.project_id and u.sha256 = b.sha256)
         limit $1) idle group by project_id`,
      [limit],
    );
    return rows.map(({ project_id, hashes }) => ({ hashes, scope: { projectId: project_id, projectName: '' } }));
  }

  /** Contents that are not at home: from a spool, or from the time before the object store was attached. */
  async wantHome(home: StoreName, limit: number): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `insert into zerodb_blob_moves (project_id, sha256, store)
       select b.project_id, b.sha256, $1 from zerodb_blobs b
       where not exists (select 1 from zerodb_blob_copies c where c.project_id = b.project_id and c.sha256 = b.sha256
           and c.state in ('live', 'suspect') and c.store in ($1, 'cold'))
         and not exists (select 1 from zerodb_blob_moves m
           where m.project_id = b.project_id and m.sha256 = b.sha256 and m.store = $1)
       limit $2 on conflict do nothing`,
      [home, limit],
    );
    return rowCount;
  }

  /** Contents at home whose files are all old enough for cold storage. */
  async wantCold(home: StoreName, limit: number): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `insert into zerodb_blob_moves (project_id, sha256, store)
       select c.project_id, c.sha256, 'cold' from zerodb_blob_copies c
       where c.store = $1 and c.state = 'live'
         and exists (select 1 from zerodb_buckets k join zerodb_files f on f.bucket_id = k.id
           where k.project_id = c.project_id and f.project_id = c.project_id and f.sha256 = c.sha256
             and k.settings->'lifecycle' ? 'cold_after_seconds')
         and not exists (select 1 from zerodb_upload_parts u where u.project_id = c.project_id and u.sha256 = c.sha256)
         and not exists (select 1 from zerodb_files f join zerodb_buckets k on k.id = f.bucket_id
           where f.project_id = c.project_id and f.sha256 = c.sha256 and coalesce(f.updated_at
             + make_interval(secs => (k.settings->'lifecycle'->>'cold_after_seconds')::float8) > now(), true))
       limit $2 on conflict do nothing`,
      [home, limit],
    );
    return rowCount;
  }

  /** Claims objects whose bytes are due for removal; none while a backup may still read them. */
  async claimDoomed(stores: readonly StoreName[], limit: number): Promise<DueObject[]> {
    const { rows } = await this.database.system.query<DueObject>(
      `with due as materialized (select ctid from zerodb_blob_copies
         where state in ('reserved', 'doomed') and run_after <= now() and store = any ($1) and ${NO_BACKUP_RUNS}
         order by run_after limit $2 for update skip locked)
       update zerodb_blob_copies set state = 'doomed', attempts = attempts + 1,
         run_after = now() + make_interval(secs => $3)
       where ctid = any (array(select ctid from due)) returning key, store`,
      [stores, limit, LEASE_SECONDS],
    );
    return rows;
  }

  async deleteCopyRow(key: string): Promise<void> {
    await this.database.system.query(`delete from zerodb_blob_copies where key = $1 and state = 'doomed'`, [key]);
  }

  /** Those of the keys that have a row. */
  async existingKeys(keys: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.database.system.query<{ key: string }>(
      `select key from zerodb_blob_copies where key = any ($1)`,
      [keys],
    );
    return new Set(rows.map(({ key }) => key));
  }
}
