import { Injectable } from '@nestjs/common';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import type { Collection } from '../collection';
import { keywordQuery } from '../../keyword/query';
import { KeywordRanking } from '../../keyword/keyword-ranking';

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
  private readonly ranking: KeywordRanking;

  constructor(database: Database) {
    this.ranking = new KeywordRanking(database);
  }

  /** What scores depend on beside the records: see `KeywordRanking.statisticsOf`. */
  statisticsOf({ id }: Collection): string {
    return this.ranking.statisticsOf(id);
  }

  /** Best first, ties by id. A text without a word finds nothing. */
  async search(scope: Scope, collection: Collection, query: KeywordQuery): Promise<{ id: string; score: number }[]> {
    const wanted = keywordQuery(query.text);
    if (wanted.terms.length === 0) return [];
    return await this.ranking.rank(scope, {
      collectionId: collection.id,
      query: wanted,
      limit: query.limit,
      ...(query.filter ? { filter: condition(query.filter, collection) } : {}),
      ...(query.scoreThreshold === undefined ? {} : { minScore: query.scoreThreshold }),
    });
  }
}

function condition(filter: FilterNode, collection: Collection): { sql: string; params: unknown[] } {
  const params = new SqlParams();
  const sql = compileFilter(filter, params, { alias: 'r', indexes: collection.settings.indexes });
  return { sql, params: params.values };
}
