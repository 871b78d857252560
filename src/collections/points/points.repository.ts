import { Injectable } from '@nestjs/common';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import { markDirty } from '../../followers/dirty';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import { recordsTable, type Collection } from '../collection';
import { tellOfRecords } from '../records/record-changes';
import { recordColumns, type RecordRow } from '../records/record-rows';
import { RecordsRepository, selectionSql, type Selection } from '../records/records.repository';
import type { Include } from '../vector-store.port';
import { MAX_POINT_ID_LENGTH } from './point-id';

export interface ScrollRequest {
  readonly filter?: FilterNode | undefined;
  /** The first id; the next one where no point has it. */
  readonly from?: string | undefined;
  readonly limit: number;
  readonly include: Include;
}

/** By the numbers, or the date-times, at a path: a point with several stands once for each. */
export interface PointOrder {
  readonly keys: readonly string[];
  readonly type: 'number' | 'datetime';
  readonly descending: boolean;
  /** The first value; microseconds since 1970 of a date-time. */
  readonly start?: number | bigint | undefined;
}

/** A row, and the value it was ordered by: microseconds since 1970 of a date-time. */
export type OrderedRow = RecordRow & { readonly order_value: number };

/** The vectors that are taken from points. */
export interface GoneVectors {
  readonly unnamed: boolean;
  readonly named: readonly string[];
}

type Metadata = Record<string, unknown>;

interface Edited {
  readonly id: string;
  readonly metadata: Metadata;
  readonly text: string | null;
}

/** Points in Postgres: in the order of their ids, and with their metadata changed in place. */
@Injectable()
export class PointsRepository {
  constructor(
    private readonly database: Database,
    private readonly records: RecordsRepository,
    private readonly feed: ChangeFeed,
    private readonly wakeup: FollowerWakeup,
  ) {}

  /** At most `limit` points, integers by their numbers, then UUIDs. */
  async scroll(scope: Scope, collection: Collection, request: ScrollRequest): Promise<RecordRow[]> {
    const rows: RecordRow[] = [];
    let { from } = request;
    // Ids of one length are in order as the primary key has them.
    let length = from?.length ?? (await this.nextLength(scope, collection, 0, request));
    while (length !== undefined) {
      const limit = request.limit - rows.length;
      rows.push(...(await this.ofLength(scope, collection, length, { ...request, from, limit })));
      if (rows.length >= request.limit) return rows;
      length = await this.nextLength(scope, collection, length, request);
      from = undefined;
    }
    return rows;
  }

  /**
   * Changes the metadata of at most `limit` selected points after the id `after`, in one transaction. Returns the ids
   * that were selected, in order.
   */
  async edit(
    scope: Scope,
    collection: Collection,
    selection: Selection & { readonly after: string; readonly limit: number },
    change: (metadata: Metadata) => Metadata,
  ): Promise<string[]> {
    const ids = await this.database.transaction(scope, async (tx) => {
      const rows = await lockedRows(tx, collection, selection);
      const edited = rows.flatMap((row) => editedRow(row, change));
      if (edited.length > 0) await this.write(tx, { scope, collection }, edited);
      return rows.map(({ id }) => id);
    });
    this.wakeup.signal();
    return ids;
  }

  /** At most `limit` of them, those with the same value by their ids. */
  async ordered(
    scope: Scope,
    collection: Collection,
    request: Omit<ScrollRequest, 'from'> & { readonly order: PointOrder },
  ): Promise<OrderedRow[]> {
    const params = new SqlParams();
    const { keys, type, descending, start } = request.order;
    const value = VALUES[type];
    const direction = descending ? 'desc' : 'asc';
    const beyond =
      start === undefined
        ? ''
        : `and e.value ${descending ? '<=' : '>='} ${params.add(String(start))}::${type === 'number' ? 'float8' : 'bigint'}`;
    const sql = `select ${recordColumns(request.include)}, r.embedded_from, r.created_at, r.updated_at, e.value as order_value
      from ${recordsTable(collection)} r cross join lateral (
        select distinct ${value} as value from jsonb_array_elements(zerodb_values(r.metadata, ${params.add(keys)}::text[])) v(value)) e
      where r.collection_id = ${collection.id} and e.value is not null ${beyond}
        and ${selectionSql({ filter: request.filter, pointIds: true }, collection, params)}
      order by e.value ${direction}, length(r.id) ${direction}, r.id ${direction} limit ${params.add(request.limit)}`;
    return (await this.database.query<OrderedRow>(scope, sql, params.values)).rows;
  }

  /** At most `limit` points, as chance has it. */
  async sample(
    scope: Scope,
    collection: Collection,
    { filter, limit, include }: Omit<ScrollRequest, 'from'>,
  ): Promise<RecordRow[]> {
    const params = new SqlParams();
    const sql = `select ${recordColumns(include)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and ${selectionSql({ filter, pointIds: true }, collection, params)}
      order by random() limit ${params.add(limit)}`;
    return (await this.database.query<RecordRow>(scope, sql, params.values)).rows;
  }

  /** The strings and the integers at a path, by id: what points are grouped by. */
  async groupValues(
    scope: Scope,
    collection: Collection,
    ids: readonly string[],
    keys: readonly string[],
  ): Promise<Map<string, (string | number)[]>> {
    const sql = `select r.id, zerodb_values(r.metadata, $2::text[]) as values from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and r.id = any($1::text[])`;
    const { rows } = await this.database.query<{ id: string; values: readonly unknown[] | null }>(scope, sql, [
      ids,
      keys,
    ]);
    const isKey = (value: unknown): value is string | number => typeof value === 'string' || Number.isInteger(value);
    return new Map(rows.map(({ id, values }) => [id, [...new Set((values ?? []).filter(isKey))]]));
  }

  /** Takes vectors from at most `limit` selected points after the id `after`, in one transaction. As `edit`. */
  async removeVectors(
    scope: Scope,
    collection: Collection,
    selection: Selection & { readonly after: string; readonly limit: number },
    gone: GoneVectors,
  ): Promise<string[]> {
    const ids = await this.database.transaction(scope, async (tx) => {
      const selected = (await lockedRows(tx, collection, selection)).map(({ id }) => id);
      const { rows } = await tx.query<{ id: string; version: number }>(removalSql(collection, gone), [
        selected,
        gone.named,
      ]);
      await tellOfRecords(this.feed, tx, { scope, collection }, 'zerodb.record.upserted', rows);
      return selected;
    });
    this.wakeup.signal();
    return ids;
  }

  private async write(
    tx: Executor,
    of: { readonly scope: Scope; readonly collection: Collection },
    edited: readonly Edited[],
  ): Promise<void> {
    await this.records.setMetadataIn(tx, of.collection, edited);
    const { rows } = await tx.query<{ id: string; version: number }>(
      `select r.id, r.version from ${recordsTable(of.collection)} r
       where r.collection_id = ${of.collection.id} and r.id = any($1::text[])`,
      [edited.map(({ id }) => id)],
    );
    await tellOfRecords(this.feed, tx, of, 'zerodb.record.upserted', rows);
  }

  private async ofLength(
    scope: Scope,
    collection: Collection,
    length: number,
    { filter, from, limit, include }: ScrollRequest,
  ): Promise<RecordRow[]> {
    const params = new SqlParams();
    const start = from === undefined ? '' : `and r.id >= ${params.add(from)}`;
    const sql = `select ${recordColumns(include)}, r.embedded_from, r.created_at, r.updated_at
      from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and length(r.id) = ${params.add(length)} ${start}
        and ${selectionSql({ filter, pointIds: true }, collection, params)}
      order by r.id limit ${params.add(limit)}`;
    return (await this.database.query<RecordRow>(scope, sql, params.values)).rows;
  }

  /** The next length of which there are ids. Looks at every point: at the first page, and at the end of each length. */
  private async nextLength(
    scope: Scope,
    collection: Collection,
    after: number,
    { filter }: Pick<ScrollRequest, 'filter'>,
  ): Promise<number | undefined> {
    if (after >= MAX_POINT_ID_LENGTH) return undefined;
    const params = new SqlParams();
    const sql = `select min(length(r.id)) as length from ${recordsTable(collection)} r
      where r.collection_id = ${collection.id} and length(r.id) > ${params.add(after)}
        and ${selectionSql({ filter, pointIds: true }, collection, params)}`;
    const { rows } = await this.database.query<{ length: number | null }>(scope, sql, params.values);
    return rows[0]?.length ?? undefined;
  }
}

const VALUES = {
  number: `case when jsonb_typeof(v.value) = 'number' then (v.value #>> '{}')::float8 end`,
  datetime: `case when jsonb_typeof(v.value) = 'string'
    then zerodb_instant(v.value #>> '{}') end`,
} as const;

/** What has none of the vectors keeps its version. */
const removalSql = (collection: Collection, { unnamed }: GoneVectors): string =>
  `with written as (update ${recordsTable(collection)} r set
       vectors = (select array_agg(v order by v.name) from unnest(r.vectors) v where v.name <> all($2::text[])),
       ${unnamed ? `embedding = null, embedded_from = 'vector', indexed = false, index_build = 0,` : ''}
       version = nextval('zerodb_version'), updated_at = now()
     where r.collection_id = ${collection.id} and r.id = any($1::text[])
       and (exists (select from unnest(r.vectors) v where v.name = any($2::text[]))${unnamed ? ' or r.embedding is not null' : ''})
     returning r.id, r.version),
   marked as (${markDirty(collection, 'written')})
   select id, version from written`;

/** In the order of their ids, as all writers lock them. */
async function lockedRows(
  tx: Executor,
  collection: Collection,
  selection: Selection & { readonly after: string; readonly limit: number },
): Promise<Edited[]> {
  const params = new SqlParams();
  const sql = `select r.id, r.metadata, r.text from ${recordsTable(collection)} r
    where r.collection_id = ${collection.id} and r.id > ${params.add(selection.after)}
      and ${selectionSql({ ...selection, pointIds: true }, collection, params)}
    order by r.id limit ${params.add(selection.limit)} for no key update`;
  return (await tx.query<Edited>(sql, params.values)).rows;
}

/** A change without effect keeps the version. */
function editedRow(row: Edited, change: (metadata: Metadata) => Metadata): Edited[] {
  const metadata = change(row.metadata);
  return JSON.stringify(metadata) === JSON.stringify(row.metadata) ? [] : [{ ...row, metadata }];
}
