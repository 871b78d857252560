import { Injectable } from '@nestjs/common';
import type { FilterNode, Path } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import { recordsTable, type Collection } from '../collection';
import { METRIC_RULES } from '../metric';
import { selectionSql, type Selection } from '../records/records.repository';
import type { Pair } from './clusters';

export interface FacetValue {
  readonly value: string | number | boolean;
  readonly count: number;
}

/** What the advanced operations ask of Postgres directly. */
@Injectable()
export class AdvancedRepository {
  constructor(private readonly database: Database) {}

  /** The records per value of a field, most frequent first. A record with a value twice counts once. */
  async facet(
    scope: Scope,
    collection: Collection,
    path: Path,
    selection: Selection,
    limit: number,
  ): Promise<FacetValue[]> {
    const params = new SqlParams();
    const keys = params.add('keys' in path ? path.keys : []);
    const sql = `select v.value, count(*) as count from (
        select distinct r.id, e.value from ${recordsTable(collection)} r
        cross join lateral jsonb_array_elements(zerodb_values(r.metadata, ${keys}::text[])) as e (value)
        where jsonb_typeof(e.value) in ('string', 'number', 'boolean') and ${selectionSql(selection, collection, params)}) v
      group by v.value order by count desc, (v.value #>> '{}') collate "C" limit ${params.add(limit)}`;
    const { rows } = await this.database.query<FacetValue>(scope, sql, params.values);
    return rows.map(({ value, count }) => ({ value, count: Number(count) }));
  }

  /** Pairs at least as near as `threshold` (in the metric's scale), nearest first, found by comparing each with each. */
  async nearPairs(
    scope: Scope,
    collection: Collection,
    threshold: number,
    filter: FilterNode | undefined,
    limit: number,
  ): Promise<Pair[]> {
    const { operator, convert } = METRIC_RULES[collection.metric];
    const params = new SqlParams();
    const distance = params.add(convert(threshold));
    const sql = `with chosen as materialized (
        select r.id, r.embedding from ${recordsTable(collection)} r where ${selectionSql({ filter }, collection, params)})
      select * from (
        select x.id as a, y.id as b, x.embedding ${operator} y.embedding as distance
        from chosen x join chosen y on x.id < y.id) p
      where distance <= ${distance}::float8 + 1e-12 order by distance, a, b limit ${params.add(limit)}`;
    const { rows } = await this.database.query<{ a: string; b: string; distance: number }>(scope, sql, params.values);
    return rows.map(({ a, b, distance: d }) => ({ a, b, score: convert(d) }));
  }
}
