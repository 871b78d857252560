import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../../common/message-of';
import type { Scope } from '../../../common/scope';
import { Database } from '../../../database/database.port';
import type { Collection } from '../../collection';
import { recordsTable } from '../../collection';
import { METRIC_RULES } from '../../metric';
import { presentParts, recordColumns, type RecordRow } from '../../records/record-rows';
import { VectorStore, type VectorHit, type VectorQuery } from '../../vector-store.port';
import { compileFilter } from '../../../database/filter/filter-sql';
import { SqlParams } from '../../../database/filter/sql-params';
import { bindVector, exactDistance, indexDistance } from './vector-sql';

type HitRow = RecordRow & { distance: number };

/** Vector search in Postgres itself: the index for what it holds, an exact scan of the rest, merged in one statement. */
@Injectable()
export class PgVectorStore extends VectorStore {
  readonly name = 'pgvector';
  private readonly log = new Logger(PgVectorStore.name);

  constructor(private readonly database: Database) {
    super();
  }

  async search(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[]> {
    const byScan = query.exact || collection.settings.vector_index.type === 'flat';
    if (!byScan) {
      const hits = await this.byIndex(scope, collection, query);
      // An index scan gives up after so many candidates (`hnsw.max_scan_tuples`): too few hits means that a selective
      // filter, or a threshold, may have been cut short, and only a scan can tell.
      if (hits && (hits.length === query.limit || !isNarrowed(query))) return hits;
    }
    return await this.run(scope, collection, query, exactSearchSql);
  }

  /** `undefined` when the index failed twice: a scan of the records does without it. */
  private async byIndex(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[] | undefined> {
    for (let attempt = 1; attempt <= INDEX_ATTEMPTS; attempt += 1) {
      try {
        return await this.run(scope, collection, query, indexedSearchSql);
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
  ): Promise<VectorHit[]> {
    const params = new SqlParams();
    const sql = build(collection, query, params);
    const { rows } = await this.database.query<HitRow>(scope, sql, params.values);
    const { convert } = METRIC_RULES[collection.metric];
    return rows.map((row) => ({
      id: row.id,
      score: convert(row.distance),
      version: row.version,
      ...presentParts(row),
    }));
  }
}

/**
 * The first failure is most likely a vacuum that took away an element from under the scan ("cannot load deleted element" of
 * pgvector 0.8.7, seen twice in ten minutes of searches beside writes): a new scan does not meet it.
 */
const INDEX_ATTEMPTS = 2;

/** `internal_error`, `data_corrupted`, `index_corrupted`: what SQL that was right before can only get from an index. */
const isIndexFault = (error: unknown): boolean =>
  ['XX000', 'XX001', 'XX002'].includes(String((error as { code?: unknown }).code));

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
    nearest as materialized (
      select key, distance from scanned${thresholdCondition(query, collection, params)}
      order by distance, key limit ${params.add(query.limit)})
    select ${recordColumns(query.include)}, n.distance
    from nearest n join ${recordsTable(collection)} r on r.collection_id = ${collection.id} and r.id = n.key
    order by n.distance, n.key`;
};

const indexedSearchSql = (collection: Collection, query: VectorQuery, params: SqlParams): string => {
  const vector = bindVector(params, query.vector);
  const where = conditions(query, collection, params);
  const limit = params.add(query.limit);
  const table = recordsTable(collection);
  const exact = exactDistance(collection, vector);
  const columns = `${recordColumns(query.include)}, ${exact} as distance`;
  return `select * from (
      (select ${columns} from ${table} r where r.indexed${where}
       order by ${indexDistance(collection, vector)} limit ${limit})
      union all
      (select ${columns} from ${table} r where not r.indexed${where} order by ${exact} limit ${limit})
    ) found${thresholdCondition(query, collection, params)}
    order by distance, id limit ${limit}`;
};
