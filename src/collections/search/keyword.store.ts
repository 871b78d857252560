import { Injectable } from '@nestjs/common';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { compileFilter } from '../adapters/pgvector/filter-sql';
import { SqlParams } from '../adapters/pgvector/sql-params';
import type { Collection } from '../collection';
import { countStatistics, keywordSearch, type KeywordHitRow } from '../keyword/bm25';
import { queryTerms } from '../keyword/analyse';
import { KeywordStatistics } from '../keyword/keyword-statistics';

export interface KeywordQuery {
  readonly text: string;
  readonly limit: number;
  readonly filter?: FilterNode | undefined;
  /** Inclusive, in BM25 scores. */
  readonly scoreThreshold?: number | undefined;
}

/** Keyword search by BM25, always in Postgres: the same whichever vector engine serves. */
@Injectable()
export class KeywordStore {
  private readonly statistics = new KeywordStatistics();

  constructor(private readonly database: Database) {}

  /** Best first, ties by id. A text of nothing but stop words finds nothing. */
  async search(scope: Scope, collection: Collection, query: KeywordQuery): Promise<{ id: string; score: number }[]> {
    const terms = queryTerms(query.text);
    if (terms.length === 0) return [];
    const known = this.statistics.get(collection.id);
    const statement = keywordSearch({
      collectionId: collection.id,
      terms,
      limit: query.limit,
      ...(query.filter ? { filter: condition(query.filter, collection) } : {}),
      ...(query.scoreThreshold === undefined ? {} : { minScore: query.scoreThreshold }),
      ...(known ? { statistics: known } : {}),
    });
    const { rows } = await this.database.query<KeywordHitRow>(scope, statement.sql, statement.params);
    if (!known) this.remember(collection, rows);
    else if (this.statistics.isDue(collection.id)) void this.countAgain(scope, collection);
    return rows.map(({ id, score }) => ({ id, score }));
  }

  /** Nobody waits for it: what was counted before serves meanwhile, and when this fails for a while longer. */
  private async countAgain(scope: Scope, collection: Collection): Promise<void> {
    try {
      const { rows } = await this.database.query<StatisticsRow>(scope, countStatistics(collection.id));
      this.remember(collection, rows);
    } catch {
      // Postgres is away or the collection was dropped: the searches themselves say so.
    }
  }

  private remember({ id }: Collection, [counted]: readonly StatisticsRow[]): void {
    if (counted) this.statistics.remember(id, { documents: counted.documents, meanLength: counted.mean_length });
  }
}

type StatisticsRow = Pick<KeywordHitRow, 'documents' | 'mean_length'>;

function condition(filter: FilterNode, collection: Collection): { sql: string; params: unknown[] } {
  const params = new SqlParams();
  const sql = compileFilter(filter, params, { alias: 'r', indexes: collection.settings.indexes });
  return { sql, params: params.values };
}
