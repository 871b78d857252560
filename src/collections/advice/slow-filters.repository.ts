import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { metadataIndexName, type MetadataIndex } from '../../database/filter/metadata-index';
import { beginOperation, cancelOperation, completeOperation } from '../../operations/operation-rows';
import { MOST_INDEXES, recordsTable, type Collection } from '../collection';

/** More fields of one collection are not remembered. */
const MOST_FIELDS = 100;
/** What was not slow for so long makes room for another one. */
const UNSEEN = `interval '7 days'`;
const LEASE = `clock_timestamp() + interval '30 seconds'`;

export interface SlowFilter extends MetadataIndex {
  readonly operators: readonly string[];
  readonly searches: number;
  readonly totalMs: number;
  readonly worstMs: number;
  /** Share of the records that the last slow filter selected, and that an index on the field would have handed over. */
  readonly selectedShare: number;
  readonly indexShare: number;
  readonly records: number;
  /** Of the searches that were made, as `costOfSearch` has it, all together. */
  readonly totalCost: number;
}

export interface StoredSlowFilter extends SlowFilter {
  readonly lastAt: Date;
  /** The operation that builds the index, once somebody asked for it. */
  readonly operation: string | null;
}

interface Row {
  field: string;
  type: MetadataIndex['type'];
  operators: string[];
  searches: number;
  total_ms: number;
  worst_ms: number;
  selected_share: number;
  index_share: number;
  records: number;
  total_cost: number;
  last_at: Date;
  build_operation: string | null;
}

/** An index that is to be built. */
export interface Build extends MetadataIndex {
  readonly collectionId: number;
  readonly operation: string;
}

/** Fields that were filtered slowly, as all replicas saw them, and the indexes that were asked for. */
@Injectable()
export class SlowFiltersRepository {
  constructor(private readonly database: Database) {}

  async add(scope: Scope, collection: Pick<Collection, 'id'>, seen: SlowFilter): Promise<void> {
    if (await this.insert(scope, collection, seen)) return;
    const { rowCount } = await this.database.query(
      scope,
      `delete from zerodb_slow_filters where collection_id = $1 and last_at < now() - ${UNSEEN} and build_operation is null`,
      [collection.id],
    );
    if (rowCount > 0) await this.insert(scope, collection, seen);
  }

  /** `false`: there are as many already as are remembered. */
  private async insert(scope: Scope, { id }: Pick<Collection, 'id'>, seen: SlowFilter): Promise<boolean> {
    const { rowCount } = await this.database.query(
      scope,
      `insert into zerodb_slow_filters as s (collection_id, project_id, field, type, operators, searches, total_ms, worst_ms,
         selected_share, index_share, records, total_cost)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
       where (select count(*) from zerodb_slow_filters where collection_id = $1) < ${MOST_FIELDS}
         or exists (select from zerodb_slow_filters where collection_id = $1 and field = $3 and type = $4)
       on conflict (collection_id, field, type) do update set
         operators = array(select distinct o from unnest(s.operators || excluded.operators) o order by o),
         searches = s.searches + excluded.searches, total_ms = s.total_ms + excluded.total_ms,
         worst_ms = greatest(s.worst_ms, excluded.worst_ms), selected_share = excluded.selected_share,
         index_share = excluded.index_share, records = excluded.records, last_at = now(),
         total_cost = s.total_cost + excluded.total_cost`,
      [
        id,
        scope.projectId,
        seen.field,
        seen.type,
        seen.operators,
        seen.searches,
        seen.totalMs,
        seen.worstMs,
        seen.selectedShare,
        seen.indexShare,
        seen.records,
        seen.totalCost,
      ],
    );
    return rowCount > 0;
  }

  /** What took the most time comes first. */
  async list(scope: Scope, { id }: Pick<Collection, 'id'>): Promise<StoredSlowFilter[]> {
    const sql = `select * from zerodb_slow_filters where collection_id = $1 order by total_ms desc, field, type`;
    const { rows } = await this.database.query<Row>(scope, sql, [id]);
    return rows.map(toSlowFilter);
  }

  /** Asks for the index, once: its operation, also where one was begun before. `undefined` when the row is gone. */
  async request({ id, projectId, name }: Collection, { field, type }: MetadataIndex): Promise<string | undefined> {
    return await this.database.system.transaction(async (tx) => {
      const { rows } = await tx.query<{ build_operation: string | null }>(
        'select build_operation from zerodb_slow_filters where collection_id = $1 and field = $2 and type = $3 for update',
        [id, field, type],
      );
      if (!rows[0] || rows[0].build_operation !== null) return rows[0]?.build_operation ?? undefined;
      const operation = await beginOperation(tx, { projectId, kind: 'index_build', subject: name });
      await tx.query(
        `update zerodb_slow_filters set build_operation = $4, run_after = now(), attempts = 0
         where collection_id = $1 and field = $2 and type = $3`,
        [id, field, type, operation],
      );
      return operation;
    });
  }

  /** The next index to build, leased to `token`; replicas take those of different collections: two builds on a table block each other. */
  async take(token: string): Promise<Build | undefined> {
    const { rows } = await this.database.system.query<Row & { collection_id: number; build_operation: string }>(
      `update zerodb_slow_filters set lease_token = $1, lease_until = ${LEASE}
       where (collection_id, field, type) = (
         select collection_id, field, type from zerodb_slow_filters s
         where build_operation is not null and run_after <= now()
           and (lease_until is null or lease_until < clock_timestamp())
           and not exists (select from zerodb_slow_filters o where o.collection_id = s.collection_id
             and o.build_operation is not null and o.lease_until >= clock_timestamp())
         order by run_after limit 1 for update skip locked)
       returning *`,
      [token],
    );
    const [row] = rows;
    return row && { collectionId: row.collection_id, field: row.field, type: row.type, operation: row.build_operation };
  }

  /** `false`: another replica took over, or the collection is gone. */
  async prolong(token: string): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_slow_filters set lease_until = ${LEASE} where lease_token = $1`,
      [token],
    );
    return rowCount === 1;
  }

  /** After a fault the next attempt waits, twice as long each time, up to ten minutes. */
  async release(token: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_slow_filters set lease_token = null, lease_until = null, attempts = attempts + 1,
         run_after = now() + least(600, power(2, least(attempts, 10))) * interval '1 second' where lease_token = $1`,
      [token],
    );
  }

  /**
   * Declares the index, which searches use from now on, forgets that its field was slow, and ends the operation; all at once. Drops
   * the index where the collection may have no more. Does nothing when another replica took over, or the collection is gone.
   */
  async declare(token: string, build: Build, indexed: number): Promise<void> {
    const { collectionId: id, operation, field, type } = build;
    await this.database.system.transaction(async (tx) => {
      // The collection before its rows, as whoever drops it.
      await tx.query('select from zerodb_collections where id = $1 for update', [id]);
      const { rowCount } = await tx.query(
        'delete from zerodb_slow_filters where lease_token = $1 and collection_id = $2',
        [token, id],
      );
      if (rowCount !== 1) return;
      if (await declareIndex(tx, build)) return await completeOperation(tx, operation, { indexed, field, type });
      await tx.query(`drop index if exists ${metadataIndexName(recordsTable({ id }), build)}`);
      await cancelOperation(tx, operation, `The collection has ${MOST_INDEXES} indexes, and can have no more.`);
    });
  }
}

/** `false`: there is no room for it. */
async function declareIndex(tx: Executor, { collectionId, field, type }: Build): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update zerodb_collections set version = nextval('zerodb_version'), updated_at = clock_timestamp(),
       settings = case when settings -> 'indexes' @> $2::jsonb then settings
         else jsonb_set(settings, '{indexes}', settings -> 'indexes' || $2::jsonb) end
     where id = $1 and (settings -> 'indexes' @> $2::jsonb or jsonb_array_length(settings -> 'indexes') < ${MOST_INDEXES})`,
    [collectionId, JSON.stringify([{ field, type }])],
  );
  return rowCount === 1;
}

const toSlowFilter = (row: Row): StoredSlowFilter => ({
  field: row.field,
  type: row.type,
  operators: row.operators,
  searches: row.searches,
  totalMs: row.total_ms,
  worstMs: row.worst_ms,
  selectedShare: row.selected_share,
  indexShare: row.index_share,
  records: row.records,
  totalCost: row.total_cost,
  lastAt: row.last_at,
  operation: row.build_operation,
});
