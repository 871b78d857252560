import { Injectable } from '@nestjs/common';
import { Database, type Executor } from '../database/database.port';
import { figuresOf, HELD, type Figures, type Limits } from './metric';

export interface StoredQuota {
  readonly projectId: number;
  readonly limits: Limits;
  /** `null` until everything was counted once: until then what a project holds is not limited. */
  readonly countedAt: Date | null;
  /** When the limits changed, or a collection was dropped with its records. */
  readonly updatedAt: Date;
  readonly held: Figures;
}

interface QuotaRow extends Figures {
  readonly project_id: number;
  readonly limits: Limits;
  readonly counted_at: Date | null;
  readonly updated_at: Date;
}

const COLUMNS = `project_id, limits, counted_at, updated_at, ${HELD.join(', ')}`;

/** A trigger needs the table for itself; behind a long statement, every other writer would wait for it. */
const LOCK_WAIT = `set local lock_timeout = '500ms'`;
const COUNT_MS = 120_000;
const MOST_ATTEMPTS = 3;

/** Tables of collections whose records are to be counted, and are not. */
const UNCOUNTED = `select c.id from zerodb_collections c join zerodb_quotas q on q.project_id = c.project_id
  where ($1::int is null or c.project_id = $1) and left(c.name, 1) <> '@' and not exists (
    select from pg_trigger t where t.tgrelid = to_regclass('zerodb_vectors_' || c.id) and t.tgname = 'zerodb_use_deleted')
  order by c.id`;

/** Tables that are counted for nobody: the quota was removed, or the collection has changed places with another one. */
const NEEDLESS = `select c.id from pg_trigger t
  join zerodb_collections c on t.tgrelid = to_regclass('zerodb_vectors_' || c.id)
  where t.tgname = 'zerodb_use_deleted' and t.tgrelid <> 0
    and (left(c.name, 1) = '@' or not exists (select from zerodb_quotas q where q.project_id = c.project_id))
  order by c.id`;

const OF_PROJECT = `select id from zerodb_collections where project_id = $1 and left(name, 1) <> '@' order by id`;

/** What a project holds, in one snapshot with what was counted of it. */
const MEASURE = `select
    coalesce(v.records, 0)::bigint as records, coalesce(v.record_bytes, 0)::bigint as record_bytes,
    (select count(*) from zerodb_memory_records where project_id = $1 and deleted_at is null)::bigint as memories,
    coalesce(f.files, 0)::bigint as files, coalesce(f.file_bytes, 0)::bigint as file_bytes,
    (select jsonb_build_object(${HELD.map((held) => `'${held}', q.${held}`).join(', ')})
     from zerodb_quotas q where q.project_id = $1) as counted,
    (select q.counted_at::text from zerodb_quotas q where q.project_id = $1) as counted_at,
    array(${OF_PROJECT}) as collections
  from (select count(*) as records, sum(zerodb_record_bytes(id, text, metadata, embedding, vectors)) as record_bytes
    from zerodb_vectors where collection_id = any($2::int[])) v,
  (select count(*) as files, sum(size) as file_bytes from zerodb_files where project_id = $1) f`;

export interface Measured extends Figures {
  readonly counted: Figures | null;
  readonly counted_at: string | null;
}

/** Quotas, and the counting of what projects hold. All by the system's statements: quotas are the operator's. */
@Injectable()
export class QuotasRepository {
  constructor(private readonly database: Database) {}

  async all(): Promise<StoredQuota[]> {
    const { rows } = await this.database.system.query<QuotaRow>(`select ${COLUMNS} from zerodb_quotas`);
    return rows.map(toQuota);
  }

  async find(projectId: number): Promise<StoredQuota | undefined> {
    const sql = `select ${COLUMNS} from zerodb_quotas where project_id = $1`;
    const { rows } = await this.database.system.query<QuotaRow>(sql, [projectId]);
    return rows[0] && toQuota(rows[0]);
  }

  /** `undefined` when there is no such project. Replaces all limits. */
  async put(name: string, limits: Limits): Promise<number | undefined> {
    return await this.database.system.transaction(async (tx) => {
      const projectId = await projectIn(tx, name);
      if (projectId === undefined) return undefined;
      await tx.query(
        `insert into zerodb_quotas (project_id, limits) values ($1, $2::jsonb)
         on conflict (project_id) do update set limits = excluded.limits, updated_at = now()`,
        [projectId, JSON.stringify(limits)],
      );
      return projectId;
    });
  }

  /** Whether there was one; `undefined` when there is no such project. */
  async remove(name: string): Promise<boolean | undefined> {
    return await this.database.system.transaction(async (tx) => {
      const projectId = await projectIn(tx, name);
      if (projectId === undefined) return undefined;
      return (await tx.query(`delete from zerodb_quotas where project_id = $1`, [projectId])).rowCount > 0;
    });
  }

  /** Begins to count tables that are not counted yet; returns how many. Throws `unavailable` when one is in use all the time. */
  async countTables(projectId: number | null): Promise<number> {
    const { rows } = await this.database.system.query<{ id: number }>(UNCOUNTED, [projectId]);
    for (const { id } of rows) {
      await this.inTable(
        `select zerodb_count_collection(c.id, c.project_id) from zerodb_collections c where c.id = $1`,
        id,
      );
    }
    return rows.length;
  }

  async uncountTables(): Promise<void> {
    const { rows } = await this.database.system.query<{ id: number }>(NEEDLESS);
    for (const { id } of rows) {
      await this.inTable(`select zerodb_uncount_collection(c.id) from zerodb_collections c where c.id = $1`, id);
    }
  }

  async measure(projectId: number, timeoutMs = COUNT_MS): Promise<Measured> {
    return await this.database.system.transaction(
      async (tx) => {
        const tables = await tx.query<{ id: number }>(OF_PROJECT, [projectId]);
        let ids = tables.rows.map(({ id }) => id);
        // A collection that was made in between is in the counts, and not among those that were read.
        for (let attempt = 1; ; attempt++) {
          const { rows } = await tx.query<Measured & { collections: number[] }>(MEASURE, [projectId, ids]);
          const { collections, ...measured } = rows[0] as Measured & { collections: number[] };
          if (attempt === MOST_ATTEMPTS || String(collections) === String(ids)) return measured;
          ids = collections;
        }
      },
      { timeoutMs },
    );
  }

  /**
   * Adds what the counting missed. The difference was read in one snapshot, so writers that commit meanwhile stay counted: their
   * rows and their counts were both not in it.
   */
  async correct(projectId: number): Promise<void> {
    const { counted, counted_at: countedAt, ...actual } = await this.measure(projectId);
    if (!counted) return;
    const changes = HELD.map((held) => actual[held] - counted[held]);
    const sets = HELD.map((held, index) => `${held} = ${held} + $${index + 2}`);
    await this.database.system.query(
      // Another process may have added the same difference meanwhile.
      `update zerodb_quotas set ${sets.join(', ')}, counted_at = now()
       where project_id = $1 and counted_at is not distinct from $${HELD.length + 2}::timestamptz`,
      [projectId, ...changes, countedAt],
    );
  }

  private async inTable(sql: string, id: number): Promise<void> {
    try {
      await this.database.system.transaction(async (tx) => {
        await tx.query(LOCK_WAIT);
        await tx.query(sql, [id]);
      });
    } catch (error) {
      // Dropped meanwhile: nothing is left to count.
      const { rows } = await this.database.system.query(`select from zerodb_collections where id = $1`, [id]);
      if (rows.length > 0) throw error;
    }
  }
}

/** Against its removal: behind it, nothing must be left of it. */
async function projectIn(tx: Executor, name: string): Promise<number | undefined> {
  const sql = `select id from zerodb_projects where name = $1 for key share`;
  return (await tx.query<{ id: number }>(sql, [name])).rows[0]?.id;
}

const toQuota = ({
  project_id: projectId,
  limits,
  counted_at: countedAt,
  updated_at: updatedAt,
  ...held
}: QuotaRow): StoredQuota => ({
  projectId,
  limits,
  countedAt,
  updatedAt,
  held: figuresOf(held),
});
