import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../../common/message-of';
import type { Scope } from '../../../common/scope';
import { Database } from '../../../database/database.port';
import type { Collection } from '../../collection';
import { recordsTable } from '../../collection';
import { servingIndex, type IndexBuild } from '../../compression/compression-state';
import { METRIC_RULES } from '../../metric';
import { presentParts, recordColumns, type RecordRow } from '../../records/record-rows';
import { VectorStore, type VectorHit, type VectorQuery } from '../../vector-store.port';
import { compileFilter } from '../../../database/filter/filter-sql';
import { SqlParams } from '../../../database/filter/sql-params';
import { bindVector, exactDistance, indexDistance, isInBuild, isOutsideBuild } from './vector-sql';
import { MAX_EF, candidatesFor } from './candidates';

/** `held`: how many candidates the codes of an index gave. */
type HitRow = RecordRow & { distance: number; held?: number };

/** Vector search in Postgres itself: the index for what it holds, an exact scan of the rest, merged in one statement. */
@Injectable()
export class PgVectorStore extends VectorStore {
  readonly name = 'pgvector';
  private readonly log = new Logger(PgVectorStore.name);

  constructor(private readonly database: Database) {
    super();
  }

  async search(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[]> {
    if (!query.exact && hasIndex(collection)) {
      const hits = await this.byIndex(scope, collection, query);
      if (hits) return hits;
    }
    return hitsOf(collection, await this.run(scope, collection, query, exactSearchSql));
  }

  /** `undefined` when the index failed twice, or may have missed records: a scan of the records does without it. */
  private async byIndex(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[] | undefined> {
    for (let attempt = 1; attempt <= INDEX_ATTEMPTS; attempt += 1) {
      try {
        const rows = await this.run(scope, collection, query, indexedSearchSql);
        return mayMiss(collection, query, rows) ? undefined : hitsOf(collection, rows);
      } catch (error) {
        if (!isIndexFault(error)) throw error;
        const reason = messageOf(error);
        this.log.warn(`The vector index of "${collection.name}" failed in a search (attempt ${attempt}): ${reason}`);
      }
    }
    return undefined;
  }

  private async run(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    build: typeof exactSearchSql,
  ): Promise<readonly HitRow[]> {
    const params = new SqlParams();
    const sql = build(collection, query, params);
    return (await this.database.query<HitRow>(scope, sql, params.values)).rows;
  }
}

function hitsOf({ metric }: Collection, rows: readonly HitRow[]): VectorHit[] {
  const { convert } = METRIC_RULES[metric];
  return rows.map((row) => ({
    id: row.id,
    score: convert(row.distance),
    version: row.version,
    ...presentParts(row),
  }));
}

/**
 * An index scan gives up after so many candidates (`hnsw.max_scan_tuples`). Too few hits, or too few candidates where codes
 * choose them, mean that a selective filter, or a threshold, may have been cut short, and only a scan can tell.
 */
function mayMiss({ settings }: Collection, query: VectorQuery, rows: readonly HitRow[]): boolean {
  if (!isNarrowed(query)) return false;
  if (rows.length < query.limit) return true;
  const held = rows[0]?.held;
  return held !== undefined && held < candidatesFor(servingIndex(settings).codes, query.limit);
}

/**
 * The first failure is most likely a vacuum that took away an element from under the scan ("cannot load deleted element" of
 * pgvector 0.8.7, seen twice in ten minutes of searches beside writes): a new scan does not meet it.
 */
const INDEX_ATTEMPTS = 2;

/**
 * `internal_error`, `data_corrupted`, `index_corrupted`: what SQL that was right before can only get from an index; and
 * `numeric_value_out_of_range`, of a query whose numbers the index' codes can't hold.
 */
const isIndexFault = (error: unknown): boolean =>
  ['XX000', 'XX001', 'XX002', '22003'].includes(String((error as { code?: unknown }).code));

const hasIndex = ({ settings }: Collection): boolean =>
  settings.vector_index.type !== 'flat' && servingIndex(settings).codes.kind !== 'none';

const isNarrowed = (query: VectorQuery): boolean => query.filter !== undefined;

const conditions = (query: VectorQuery, collection: Collection, params: SqlParams): string => {
  const parts: string[] = [];
  if (query.filter)
    parts.push(compileFilter(query.filter, params, { alias: 'r', indexes: collection.settings.indexes }));
  if (query.excludeIds?.length) parts.push(`r.id <> all(${params.add(query.excludeIds)}::text[])`);
  return parts.map((part) => ` and ${part}`).join('');
};

const thresholdCondition = (query: VectorQuery, collection: Collection, params: SqlParams): string => {
  if (query.scoreThreshold === undefined) return '';
  const distance = METRIC_RULES[collection.metric].convert(query.scoreThreshold);
  // A score is the distance turned round, which costs a last bit: an inclusive bound must not lose it.
  return ` where distance <= ${params.add(distance)}::float8 + 1e-12`;
};

const exactSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams): string => {
  const vector = bindVector(params, query.vector);
  // The sub-select is materialised so that the planner cannot answer it from an index.
  return `with scanned as materialized (
      select r.id as key, ${exactDistance(collection, vector)} as distance
      from ${recordsTable(collection)} r where true${conditions(query, collection, params)}),
    ${nearestSql(collection, query, params, 'scanned')}`;
};

/** The rest of a statement that has compared records by their exact distance: the best of them, with the requested parts. */
const nearestSql = (
  collection: Collection,
  query: VectorQuery,
  params: SqlParams,
  compared: string,
  more = '',
): string =>
  `nearest as materialized (
      select key, distance from ${compared}${thresholdCondition(query, collection, params)}
      order by distance, key limit ${params.add(query.limit)})
    select ${recordColumns(query.include)}, n.distance${more}
    from nearest n join ${recordsTable(collection)} r on r.collection_id = ${collection.id} and r.id = n.key
    order by n.distance, n.key`;

const indexedSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams): string => {
  const index = servingIndex(collection.settings);
  if (index.codes.kind === 'bit') return codedSearchSql(collection, query, params, index);
  const vector = bindVector(params, query.vector);
  const where = conditions(query, collection, params);
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

const HELD = ', (select count(*)::int from held) as held';

/** Bits alone do not order records well enough: more candidates than results are compared by their records. */
const codedSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams, index: IndexBuild): string => {
  const vector = bindVector(params, query.vector);
  const where = conditions(query, collection, params);
  const table = recordsTable(collection);
  const exact = exactDistance(collection, vector);
  const candidates = candidatesFor(index.codes, query.limit);
  const compared = `select r.id as key, ${exact} as distance from ${table} r`;
  return `with held as materialized (
      ${compared} where ${isInBuild(index, 'r.')}${withEf(candidates)}${where}
      order by ${indexDistance(collection, vector)} limit ${params.add(candidates)}),
    late as materialized (
      ${compared} where ${isOutsideBuild(index, 'r.')}${where} order by ${exact} limit ${params.add(query.limit)}),
    ${nearestSql(collection, query, params, '(select * from held union all select * from late) found', HELD)}`;
};

/**
 * A condition that is always true: Postgres evaluates it once, before the scan it stands at, and the setting ends with the
 * statement's transaction. A statement of its own would cost a round trip.
 */
const withEf = (ef: number | undefined): string =>
  ef === undefined ? '' : ` and (select set_config('hnsw.ef_search', '${Math.min(MAX_EF, ef)}', true)) is not null`;
