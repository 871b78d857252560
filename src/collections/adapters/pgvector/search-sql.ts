import { compileFilter } from '../../../database/filter/filter-sql';
import type { SqlParams } from '../../../database/filter/sql-params';
import { recordsTable, type Collection } from '../../collection';
import { servingIndex, type IndexBuild } from '../../compression/compression-state';
import { METRIC_RULES } from '../../metric';
import { recordColumns, type RecordRow } from '../../records/record-rows';
import type { VectorQuery } from '../../vector-store.port';
import { MAX_EF, candidatesFor } from './candidates';
import { bindVector, exactDistance, indexDistance, isInBuild, isOutsideBuild } from './vector-sql';

export type HitRow = RecordRow & { distance: number };

/** A hit, or nothing but what the graph gave where there is no hit. */
export type FilteredRow = (HitRow | { id: null }) & {
  /** Candidates that the graph gave. */
  looked: number;
  /** How many of them the filter selects, `limit` at most. */
  matched: number;
  /** The place, by distance among the candidates, of the last of these. */
  reach: number | null;
};

/** All records that are selected, compared exactly. `byIndex`: metadata indexes may find them. */
export const exactSearchSql = (
  collection: Collection,
  query: VectorQuery,
  params: SqlParams,
  { byIndex = true } = {},
): string => {
  const vector = bindVector(params, query.vector);
  const where = conditions(query, collection, params, byIndex);
  // The sub-select is materialised so that the planner cannot answer it from an index.
  return `with scanned as materialized (
      select r.id as key, ${exactDistance(collection, vector)} as distance
      from ${recordsTable(collection)} r where true${andAll(where)}),
    ${nearestSql(collection, query, params, 'scanned')}
    select ${recordColumns(query.include)}, n.distance ${fromNearest(collection)}`;
};

/** A search without a filter: the index for what it holds, an exact scan of the rest. */
export const indexedSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams): string => {
  const index = servingIndex(collection.settings);
  if (index.codes.kind === 'bit') return codedSearchSql(collection, query, params, index);
  const vector = bindVector(params, query.vector);
  const where = andAll(conditions(query, collection, params, false));
  const limit = params.add(query.limit);
  const table = recordsTable(collection);
  const exact = exactDistance(collection, vector);
  const columns = `${recordColumns(query.include)}, ${exact} as distance`;
  return `select * from (
      (select ${columns} from ${table} r where ${isInBuild(index, 'r.')}${withEf(index.ef)}${where}
       order by ${indexDistance(collection, vector)} limit ${limit})
      union all
      (select ${columns} from ${table} r where ${isOutsideBuild(index, 'r.')}${where} order by ${exact} limit ${limit})
    ) found${thresholdCondition(query, collection, params)}
    order by distance, id limit ${limit}`;
};

/** Bits alone do not order records well enough: more candidates than results are compared by their records. */
const codedSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams, index: IndexBuild): string => {
  const vector = bindVector(params, query.vector);
  const where = andAll(conditions(query, collection, params, false));
  const table = recordsTable(collection);
  const exact = exactDistance(collection, vector);
  const candidates = candidatesFor(index.codes, query.limit);
  const compared = `select r.id as key, ${exact} as distance from ${table} r`;
  return `with held as materialized (
      ${compared} where ${isInBuild(index, 'r.')}${withEf(candidates)}${where}
      order by ${indexDistance(collection, vector)} limit ${params.add(candidates)}),
    late as materialized (
      ${compared} where ${isOutsideBuild(index, 'r.')}${where} order by ${exact} limit ${params.add(query.limit)}),
    ${nearestSql(collection, query, params, '(select * from held union all select * from late) found')}
    select ${recordColumns(query.include)}, n.distance ${fromNearest(collection)}`;
};

/**
 * The graph returns `candidates` records whatever the filter selects, and the filter is applied to these: so the time is
 * bounded, and where the last match stands among them tells whether they were enough. At least one row, for that.
 */
export const filteredSearchSql = (
  collection: Collection,
  query: VectorQuery,
  params: SqlParams,
  candidates: number,
): string => {
  const index = servingIndex(collection.settings);
  const vector = bindVector(params, query.vector);
  // An index of metadata does not help here, and its functions cost more than the operators beside them.
  const where = conditions(query, collection, params, false);
  const table = recordsTable(collection);
  const exact = exactDistance(collection, vector);
  const limit = params.add(query.limit);
  return `with held as materialized (
      select r.id as key, ${exact} as distance, ${where.join(' and ')} as selected from ${table} r
      where ${isInBuild(index, 'r.')}${withEf(candidates)}${IN_ANY_ORDER}
      order by ${indexDistance(collection, vector)} limit ${params.add(candidates)}),
    placed as (select key, distance, selected, row_number() over (order by distance) as place from held),
    matching as materialized (
      select key, distance, place from placed where selected order by distance, key limit ${limit}),
    late as materialized (
      select r.id as key, ${exact} as distance from ${table} r
      where ${isOutsideBuild(index, 'r.')}${andAll(where)} order by ${exact} limit ${limit}),
    ${nearestSql(
      collection,
      query,
      params,
      '(select key, distance from matching union all select key, distance from late) found',
    )}
    select h.*, (select count(*)::int from held) as looked, (select count(*)::int from matching) as matched,
      (select max(place)::int from matching) as reach
    from (select) once left join lateral (
      select ${recordColumns(query.include)}, n.distance, n.key ${fromNearest(collection)}) h on true
    order by h.distance, h.key`;
};

/** The rest of a statement that has compared records by their exact distance: the best of them. */
const nearestSql = (collection: Collection, query: VectorQuery, params: SqlParams, compared: string): string =>
  `nearest as materialized (
      select key, distance from ${compared}${thresholdCondition(query, collection, params)}
      order by distance, key limit ${params.add(query.limit)})`;

const fromNearest = (collection: Collection): string =>
  `from nearest n join ${recordsTable(collection)} r on r.collection_id = ${collection.id} and r.id = n.key
    order by n.distance, n.key`;

function conditions(query: VectorQuery, collection: Collection, params: SqlParams, byIndex: boolean): string[] {
  // A record may be without a vector.
  const parts = ['r.embedding is not null'];
  const indexes = byIndex ? collection.settings.indexes : [];
  if (query.filter) parts.push(compileFilter(query.filter, params, { alias: 'r', indexes }));
  if (query.excludeIds?.length) parts.push(`r.id <> all(${params.add(query.excludeIds)}::text[])`);
  return parts;
}

const andAll = (parts: readonly string[]): string => parts.map((part) => ` and ${part}`).join('');

const thresholdCondition = (query: VectorQuery, collection: Collection, params: SqlParams): string => {
  if (query.scoreThreshold === undefined) return '';
  const distance = METRIC_RULES[collection.metric].convert(query.scoreThreshold);
  // A score is the distance turned round, which costs a last bit: an inclusive bound must not lose it.
  return ` where distance <= ${params.add(distance)}::float8 + 1e-12`;
};

/**
 * A condition that is always true: Postgres evaluates it once, before the scan it stands at, and the setting ends with the
 * statement's transaction. A statement of its own would cost a round trip.
 */
const withEf = (ef: number | undefined): string =>
  ef === undefined ? '' : ` and (select set_config('hnsw.ef_search', '${Math.min(MAX_EF, ef)}', true)) is not null`;

/** Candidates are ordered afterwards, so that the scan need not leave out what it finds too late. */
const IN_ANY_ORDER = ` and (select set_config('hnsw.iterative_scan', 'relaxed_order', true)) is not null`;
