import { Injectable, Logger } from '@nestjs/common';
import type { FilterNode } from '../../../common/filter';
import { messageOf } from '../../../common/message-of';
import type { Scope } from '../../../common/scope';
import { Database } from '../../../database/database.port';
import { SqlParams } from '../../../database/filter/sql-params';
import type { Collection } from '../../collection';
import { servingIndex } from '../../compression/compression-state';
import { METRIC_RULES } from '../../metric';
import { presentParts } from '../../records/record-rows';
import { VectorStore, type VectorHit, type VectorQuery } from '../../vector-store.port';
import { FilteredSearch, type FilterReport } from './filtered-search';
import { exactSearchSql, filteredSearchSql, indexedSearchSql, type FilteredRow, type HitRow } from './search-sql';

export interface PgVectorAnswer {
  readonly hits: VectorHit[];
  /** How the filter was applied; absent without one, and where every record is compared anyway. */
  readonly filter?: FilterReport;
}

/** Vector search in Postgres itself: the index for what it holds, an exact scan of the rest, merged in one statement. */
@Injectable()
export class PgVectorStore extends VectorStore {
  readonly name = 'pgvector';
  private readonly log = new Logger(PgVectorStore.name);
  private readonly filtered: FilteredSearch;

  constructor(private readonly database: Database) {
    super();
    this.filtered = new FilteredSearch(database);
  }

  async search(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[]> {
    return (await this.answer(scope, collection, query)).hits;
  }

  /** The same, with what was done. */
  async answer(scope: Scope, collection: Collection, query: VectorQuery): Promise<PgVectorAnswer> {
    const exactly = (byIndex = true): Promise<readonly HitRow[]> =>
      this.run<HitRow>(scope, collection, query, (...asked) => exactSearchSql(...asked, { byIndex }));
    if (query.exact || !hasIndex(collection)) return { hits: hitsOf(collection, await exactly()) };
    if (!hasFilter(query)) {
      const indexed = () => this.run<HitRow>(scope, collection, query, indexedSearchSql);
      return { hits: hitsOf(collection, (await this.byIndex(collection, indexed)) ?? (await exactly())) };
    }
    const byGraph = (candidates: number): Promise<readonly FilteredRow[] | undefined> =>
      this.byIndex(collection, () =>
        this.run<FilteredRow>(scope, collection, query, (...asked) => filteredSearchSql(...asked, candidates)),
      );
    const { rows, report } = await this.filtered.run(scope, collection, query, { byGraph, exactly });
    return { hits: hitsOf(collection, rows), filter: report };
  }

  /** `undefined` when the index failed twice: a scan of the records does without it. */
  private async byIndex<T>(collection: Collection, ask: () => Promise<T>): Promise<T | undefined> {
    for (let attempt = 1; attempt <= INDEX_ATTEMPTS; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!isIndexFault(error)) throw error;
        const reason = messageOf(error);
        this.log.warn(`The vector index of "${collection.name}" failed in a search (attempt ${attempt}): ${reason}`);
      }
    }
    return undefined;
  }

  private async run<Row>(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    build: (collection: Collection, query: VectorQuery, params: SqlParams) => string,
  ): Promise<readonly Row[]> {
    const params = new SqlParams();
    const sql = build(collection, query, params);
    return (await this.database.query<Row>(scope, sql, params.values)).rows;
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

const hasFilter = (query: VectorQuery): query is VectorQuery & { readonly filter: FilterNode } =>
  query.filter !== undefined;
