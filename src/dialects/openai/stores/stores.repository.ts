import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../common/scope';
import { Database, type Executor } from '../../../database/database.port';
import { pageOfRows, pageSql, type ListPage, type PageRequest } from '../paging';
import { NO_FILES, type FileCounts, type StoreUsage, type VectorStore } from './vector-store';

const COLUMNS = `s.id, s.name, s.description, s.metadata, s.expires_after_days, s.expires_at, s.last_active_at, s.created_at,
  (s.emptied or coalesce(s.expires_at <= now(), false)) as is_expired`;
/** From the last use on. */
const NEXT_EXPIRY = `now() + s.expires_after_days * interval '1 day'`;
/** Each search would write a row otherwise; the time is shown in seconds. */
const ACTIVITY = `interval '1 second'`;

/** Attachments that a search leaves out by name; where there are more, it asks for more results instead. */
const MOST_LEFT_OUT = 1_000;

export interface SearchedStore {
  readonly is_expired: boolean;
  /** Whether its last use is so long ago that this one counts. */
  readonly is_idle: boolean;
  /** Attachments whose chunks a search could meet, and must not show. */
  readonly left_out: readonly string[];
}

export interface NewStore {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expiresAfterDays: number | null;
}

/** What is given is changed. */
export interface StoreChange {
  readonly name?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
  readonly expires_after?: { readonly days: number } | null | undefined;
}

/** Vector stores as rows. */
@Injectable()
export class StoresRepository {
  constructor(private readonly database: Database) {}

  async insert(tx: Executor, scope: Scope, store: NewStore): Promise<void> {
    await tx.query(
      `insert into zerodb_vector_stores as s (project_id, id, name, description, metadata, expires_after_days, expires_at)
       values ($1, $2, $3, $4, $5::jsonb, $6::int, now() + $6::int * interval '1 day')`,
      [
        scope.projectId,
        store.id,
        store.name,
        store.description,
        JSON.stringify(store.metadata),
        store.expiresAfterDays,
      ],
    );
  }

  async find(scope: Scope, id: string): Promise<VectorStore | undefined> {
    const sql = `select ${COLUMNS} from zerodb_vector_stores s where s.project_id = $1 and s.id = $2 and s.removed_at is null`;
    return (await this.database.query<VectorStore>(scope, sql, [scope.projectId, id])).rows[0];
  }

  /** What a search has to know beforehand, in one statement. */
  async findForSearch(scope: Scope, id: string): Promise<SearchedStore | undefined> {
    const { rows } = await this.database.queryByPlan<SearchedStore>(
      scope,
      `select (s.emptied or coalesce(s.expires_at <= now(), false)) as is_expired,
         s.last_active_at < now() - ${ACTIVITY} as is_idle,
         array(select a.id from zerodb_vector_store_files a where a.project_id = s.project_id and a.store_id = s.id
           and a.chunks > 0 and (a.removed_at is not null or a.status <> 'completed') limit ${MOST_LEFT_OUT}) as left_out
       from zerodb_vector_stores s where s.project_id = $1 and s.id = $2 and s.removed_at is null`,
      [scope.projectId, id],
    );
    return rows[0];
  }

  async list(scope: Scope, request: PageRequest): Promise<ListPage<VectorStore>> {
    const page = pageSql('s.id', request, 2);
    const sql = `select ${COLUMNS} from zerodb_vector_stores s
      where s.project_id = $1 and s.removed_at is null and ${page.where} ${page.order}`;
    const { rows } = await this.database.query<VectorStore>(scope, sql, [scope.projectId, ...page.params]);
    return pageOfRows(rows, request);
  }

  /** A change is a use. `false` when it is gone, or has expired. */
  async update(scope: Scope, id: string, { name, metadata, expires_after: expiry }: StoreChange): Promise<boolean> {
    const { rowCount } = await this.database.query(
      scope,
      `update zerodb_vector_stores s set
         name = case when $3 then $4 else s.name end,
         metadata = case when $5 then $6::jsonb else s.metadata end,
         expires_after_days = case when $7 then $8::int else s.expires_after_days end,
         last_active_at = now(),
         expires_at = now() + (case when $7 then $8::int else s.expires_after_days end) * interval '1 day'
       where s.project_id = $1 and s.id = $2 and s.removed_at is null and not s.emptied
         and (s.expires_at is null or s.expires_at > now())`,
      [
        ...[scope.projectId, id],
        ...[name !== undefined, name ?? null],
        ...[metadata !== undefined, JSON.stringify(metadata ?? {})],
        ...[expiry !== undefined, expiry?.days ?? null],
      ],
    );
    return rowCount === 1;
  }

  /** It was used: its time starts again. */
  async touch(scope: Scope, id: string): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_stores s set last_active_at = now(), expires_at = ${NEXT_EXPIRY}
       where s.project_id = $1 and s.id = $2 and s.removed_at is null and not s.emptied
         and s.last_active_at < now() - ${ACTIVITY} and (s.expires_at is null or s.expires_at > now())`,
      [scope.projectId, id],
    );
  }

  /** Locks a store that may be changed against its removal. `undefined` when there is none. */
  async lock(tx: Executor, scope: Scope, id: string): Promise<{ readonly is_expired: boolean } | undefined> {
    const sql = `select (s.emptied or coalesce(s.expires_at <= now(), false)) as is_expired from zerodb_vector_stores s
      where s.project_id = $1 and s.id = $2 and s.removed_at is null for no key update`;
    return (await tx.query<{ is_expired: boolean }>(sql, [scope.projectId, id])).rows[0];
  }

  /** Hides it; the upkeep takes the row away. `false` when there is none. */
  async hide(scope: Scope, id: string): Promise<boolean> {
    const { rowCount } = await this.database.query(
      scope,
      `update zerodb_vector_stores set removed_at = now() where project_id = $1 and id = $2 and removed_at is null`,
      [scope.projectId, id],
    );
    return rowCount === 1;
  }

  /** By the ids of stores. */
  async usages(scope: Scope, ids: readonly string[]): Promise<(id: string) => StoreUsage> {
    const { rows } = await this.database.query<CountRow>(
      scope,
      `select store_id as of, status, count(*)::int as count, coalesce(sum(usage_bytes), 0)::int8 as bytes
       from zerodb_vector_store_files where project_id = $1 and store_id = any($2::text[]) and removed_at is null
       group by store_id, status`,
      [scope.projectId, ids],
    );
    return usageReader(rows);
  }
}

export interface CountRow {
  readonly of: string;
  readonly status: Exclude<keyof FileCounts, 'total'>;
  readonly count: number;
  readonly bytes: number;
}

export const usageReader = (rows: readonly CountRow[]): ((of: string) => StoreUsage) => {
  const usages = new Map<string, StoreUsage>();
  for (const { of, status, count, bytes } of rows) {
    const { counts, usageBytes } = usages.get(of) ?? { counts: NO_FILES, usageBytes: 0 };
    usages.set(of, {
      counts: { ...counts, [status]: count, total: counts.total + count },
      usageBytes: usageBytes + bytes,
    });
  }
  return (of) => usages.get(of) ?? { counts: NO_FILES, usageBytes: 0 };
};
