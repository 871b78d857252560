import { Injectable } from '@nestjs/common';
import type { Path } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { recordsTable, type Collection } from '../collection';

/** What tells whether anything has changed. */
export interface RecordsState {
  readonly records: number;
  readonly version: number;
}

/** A little more than is wanted: pages hold more rows or fewer. */
const OVERSAMPLING = 1.2;
/** Longer values make no legend. */
const VALUE_CHARACTERS = 100;

/** What a projection reads. */
@Injectable()
export class ProjectionRepository {
  constructor(private readonly database: Database) {}

  async state(scope: Scope, collection: Collection): Promise<RecordsState> {
    const sql = `select count(*) as records, coalesce(max(version), 0) as version from ${recordsTable(collection)}`;
    const { rows } = await this.database.query<RecordsState>(scope, sql);
    return { records: Number(rows[0]?.records ?? 0), version: Number(rows[0]?.version ?? 0) };
  }

  /**
   * About `size` ids from all over the table, the same ones as long as nothing changes. Of a large table only some pages
   * are read.
   */
  async sample(scope: Scope, collection: Collection, records: number, size: number): Promise<string[]> {
    const percent = Math.min(100, (100 * OVERSAMPLING * size) / Math.max(1, records));
    const sql = `select r.id from ${recordsTable(collection)} r tablesample system ($1::float4) repeatable (1)
      order by hashtextextended(r.id, 1), r.id limit $2`;
    const { rows } = await this.database.query<{ id: string }>(scope, sql, [percent, size]);
    return rows.map(({ id }) => id);
  }

  /** The first value of a metadata field per record that has one and is still there. */
  async values(
    scope: Scope,
    collection: Collection,
    ids: readonly string[],
    path: Path & { readonly keys: readonly string[] },
  ): Promise<Map<string, string | number | boolean>> {
    const sql = `select r.id, v.value from ${recordsTable(collection)} r cross join lateral (
        select case jsonb_typeof(e.value) when 'string' then to_jsonb(left(e.value #>> '{}', ${VALUE_CHARACTERS})) else e.value end as value
        from jsonb_array_elements(zerodb_values(r.metadata, $2::text[])) with ordinality as e (value, position)
        where jsonb_typeof(e.value) in ('string', 'number', 'boolean') order by e.position limit 1) v
      where r.collection_id = ${collection.id} and r.id = any($1::text[])`;
    const params = [ids, path.keys];
    const { rows } = await this.database.query<{ id: string; value: string | number | boolean }>(scope, sql, params);
    return new Map(rows.map(({ id, value }) => [id, value]));
  }
}
