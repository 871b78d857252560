import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../database/filter/sql-params';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { folded } from '../recognise/fingerprint';
import { selectionSql, type MemorySelection } from './memory-selection';

/** Bounds of one walk. */
const MAX_NAMES = 200;
const MAX_ENTITIES = 50;
const MAX_FOUND = 50;
/** Maximum words of a name that is searched for in a query. */
const MAX_NAME_WORDS = 4;

/** Memories that hang together with the things a question names, by what is said of them. */
@Injectable()
export class MemoryGraph {
  constructor(private readonly database: Database) {}

  /**
   * One hop: memories that speak of something the query names. Two: also those that speak of what these are related to.
   * Those with the most links first.
   */
  async walk(scope: Scope, selection: MemorySelection, query: string, hops: number): Promise<string[]> {
    const names = namesIn(query);
    if (hops === 0 || names.length === 0) return [];
    const params = new SqlParams();
    const condition = selectionSql(scope, selection, params);
    const wanted = params.add(names, 'text[]');
    const further =
      hops < 2
        ? 'select entity, 0 as hop from named'
        : `select entity, 0 as hop from named union all
           select l.object, 1 from links l join named n on n.entity = l.subject union all
           select l.subject, 1 from links l join named n on n.entity = l.object`;
    const sql = `with mine as materialized (select r.id, r.valid_from from zerodb_memory_records r where ${condition}),
      mentions as materialized (
        select e.memory_id, e.entity from zerodb_memory_entities e join mine on mine.id = e.memory_id
          and e.project_id = ${scope.projectId}
        union select l.memory_id, unnest(array[l.subject, l.object]) from zerodb_memory_relations l join mine on mine.id = l.memory_id
          and l.project_id = ${scope.projectId}),
      links as (
        select l.subject, l.object from zerodb_memory_relations l join mine on mine.id = l.memory_id and l.project_id = ${scope.projectId}
        union select a.entity, b.entity from mentions a join mentions b on a.memory_id = b.memory_id and a.entity <> b.entity
          where a.entity = any(${wanted})),
      named as (select distinct entity from mentions where entity = any(${wanted}) limit ${MAX_ENTITIES}),
      reached as (select entity, min(hop) as hop from (${further}) f group by entity order by hop limit ${MAX_ENTITIES})
      select m.memory_id as id from mentions m join reached using (entity) join mine on mine.id = m.memory_id
      group by m.memory_id, mine.valid_from
      order by sum(1.0 / (1 + hop)) desc, mine.valid_from desc, m.memory_id limit ${MAX_FOUND}`;
    const { rows } = await this.database.query<{ id: string }>(scope, sql, params.values);
    return rows.map(({ id }) => id);
  }
}

/** Every run of one to four words of the query: names are not marked in what people type. */
export function namesIn(query: string): string[] {
  const words =
    folded(query)
      .replace(/['’]s\b/gu, '')
      .match(/[\p{L}\p{N}\p{M}'’-]+/gu) ?? [];
  const names = new Set<string>();
  for (let start = 0; start < words.length && names.size < MAX_NAMES; start += 1) {
    for (let length = 1; length <= MAX_NAME_WORDS; length += 1) names.add(words.slice(start, start + length).join(' '));
  }
  return [...names].slice(0, MAX_NAMES);
}
