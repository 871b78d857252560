import { Injectable } from '@nestjs/common';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import { presentMemory, ROW_COLUMNS, type Memory, type MemoryRow, type MemoryScope } from '../memory';
import { LEDGER_COLUMNS } from '../search/memory-filter';
import { scopeSql, selectionSql, type MemorySelection } from '../search/memory-selection';

/** A slice of a list: whoever pages by numbers accepts that each is looked up again. */
export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

export interface Numbered<T> {
  readonly data: readonly T[];
  readonly total: number;
}

export const ENTITY_TYPES = ['user', 'agent', 'app', 'run'] as const;
export type EntityType = (typeof ENTITY_TYPES)[number];

/** Somebody whom memories are about, or what they were made in. An app is the `app_id` of the metadata, a run a session. */
export interface Entity {
  readonly type: EntityType;
  readonly id: string;
  readonly memories: number;
  readonly first_at: Date;
  readonly last_at: Date;
}

/** Memories by pages with numbers, with a filter of any shape, for dialects that have such pages. */
@Injectable()
export class MemoryBrowser {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async page(scope: Scope, selection: MemorySelection, { limit, offset }: Slice): Promise<Numbered<Memory>> {
    const params = new SqlParams();
    const condition = selectionSql(scope, selection, params);
    const total = await this.count(scope, `zerodb_memory_records r where ${condition}`, params);
    if (total <= offset) return { data: [], total };
    const sql = `select ${ROW_COLUMNS} from zerodb_memory_records r where ${condition}
      order by r.seq desc limit ${params.add(limit)} offset ${params.add(offset)}`;
    const { rows } = await this.database.query<MemoryRow>(scope, sql, params.values);
    return { data: rows.map(presentMemory), total };
  }

  /** By type, then by id. */
  async entities(scope: Scope, { limit, offset }: Slice): Promise<Numbered<Entity>> {
    const params = new SqlParams();
    const grouped = entitiesSql(scope, params);
    const total = await this.count(scope, `(${grouped}) g`, params);
    if (total <= offset) return { data: [], total };
    const sql = `${grouped} order by e.type, e.id limit ${params.add(limit)} offset ${params.add(offset)}`;
    const { rows } = await this.database.query<Entity & { memories: string }>(scope, sql, params.values);
    return { data: rows.map((row) => ({ ...row, memories: Number(row.memories) })), total };
  }

  /** Whatever is remembered and matches: what is superseded, what nobody ever finds, what has expired and is not removed yet. */
  async idsToForget(
    scope: Scope,
    { memoryScope, filter }: { readonly memoryScope: MemoryScope; readonly filter?: FilterNode | undefined },
    limit: number,
  ): Promise<string[]> {
    const params = new SqlParams();
    const parts = [scopeSql(scope, memoryScope, params), 'r.deleted_at is null'];
    if (filter) parts.push(compileFilter(filter, params, { alias: 'r', ownColumns: LEDGER_COLUMNS }));
    const sql = `select r.id from zerodb_memory_records r where ${parts.join(' and ')}
      order by r.seq limit ${params.add(limit)}`;
    return (await this.database.query<{ id: string }>(scope, sql, params.values)).rows.map(({ id }) => id);
  }

  private async count(scope: Scope, from: string, params: SqlParams): Promise<number> {
    const sql = `select count(*) as count from ${from}`;
    const { rows } = await this.database.query<{ count: string }>(scope, sql, [...params.values]);
    return Number(rows[0]?.count ?? 0);
  }
}

/** Of what a list shows: no memory that was deleted, has expired, or is never found. */
const entitiesSql = (scope: Scope, params: SqlParams): string =>
  `select e.type, e.id, count(*) as memories, min(r.recorded_at) as first_at, max(r.updated_at) as last_at
   from zerodb_memory_records r cross join lateral (values
     ('user', r.user_id), ('agent', r.agent_id), ('run', r.session_id),
     ('app', case jsonb_typeof(r.metadata -> 'app_id') when 'string' then r.metadata ->> 'app_id' end)) e (type, id)
   where ${selectionSql(scope, { memoryScope: {}, includeSuperseded: true }, params)} and e.id is not null
   group by e.type, e.id`;
