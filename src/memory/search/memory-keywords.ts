import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../database/filter/sql-params';
import type { Collection } from '../../collections/collection';
import { BM25_DEFAULTS, FIXED_POINT, FREQUENT_WORDS, termsSql, WEIGHTS } from '../../keyword/bm25';
import { KeywordRanking } from '../../keyword/keyword-ranking';
import { KeywordStatistics, type CorpusStatistics } from '../../keyword/keyword-statistics';
import { keywordQuery } from '../../keyword/query';
import type { KeywordQuery, QueryTerm } from '../../keyword/query-terms';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ownerOf, type RecallScope } from '../memory';
import { scopeSql, selectionSql, type MemorySelection } from './memory-selection';

/** Up to so many memories of a scope are compared with a question one by one. */
const SMALL_SCOPE = 4_000;
/**
 * Up to so many are ranked from their own rows; more, from the postings of the collection. Those hold the memories of
 * everybody: a common word costs by how often all people said it.
 */
const RANKED_BY_ROW = 20_000;

export interface ScopeSize {
  /** Exact up to a bound, and beyond it when there are more. Of some thousands, as it was a few seconds ago. */
  readonly memories: number;
  readonly isSmall: boolean;
  readonly meanLength: number;
}

/** Keyword search over memories, by BM25. What is not embedded yet is found, too. */
@Injectable()
export class MemoryKeywords {
  private readonly ranking: KeywordRanking;
  private readonly scopes = new KeywordStatistics<string>();

  constructor(private readonly database: Database) {
    this.ranking = new KeywordRanking(database);
  }

  async sizeOf(scope: Scope, { memoryScope }: MemorySelection): Promise<ScopeSize> {
    const corpus = `${scope.projectId} ${ownerOf(memoryScope)} ${memoryScope.match ?? 'all'}`;
    const known = this.scopes.get(corpus);
    if (!known) return sizeOf(await this.count(scope, memoryScope, corpus));
    // Nobody waits for it, and when it fails what was counted before serves for a while longer.
    if (this.scopes.isDue(corpus)) void this.count(scope, memoryScope, corpus).catch(() => undefined);
    return sizeOf(known);
  }

  private async count(scope: Scope, memoryScope: RecallScope, corpus: string): Promise<CorpusStatistics> {
    const params = new SqlParams();
    const { rows } = await this.database.query<{ memories: number; mean_length: number }>(
      scope,
      `select count(*) as memories, coalesce(avg(length), 0)::float8 as mean_length from (
         select r.length from zerodb_memory_records r
         where ${scopeSql(scope, memoryScope, params)} and r.deleted_at is null limit ${RANKED_BY_ROW + 1}) s`,
      params.values,
    );
    const counted = { documents: Number(rows[0]?.memories ?? 0), meanLength: rows[0]?.mean_length ?? 0 };
    this.scopes.store(corpus, counted);
    return counted;
  }

  /** Best first, ties by id. A text without a word finds nothing. */
  async search(
    scope: Scope,
    collection: Collection,
    selection: MemorySelection,
    query: { readonly text: string; readonly limit: number },
    size: ScopeSize,
  ): Promise<{ id: string; score: number }[]> {
    const wanted = keywordQuery(query.text);
    if (wanted.terms.length === 0) return [];
    if (size.memories <= RANKED_BY_ROW) return await this.fromRows(scope, selection, wanted, size, query.limit);
    return await this.fromPostings(scope, collection, selection, wanted, query.limit);
  }

  /** Scored where the rows are: a thousand of them with their terms take longer to send than to score. */
  private async fromRows(
    scope: Scope,
    selection: MemorySelection,
    query: KeywordQuery,
    { memories, meanLength }: ScopeSize,
    limit: number,
  ): Promise<{ id: string; score: number }[]> {
    const params = new SqlParams();
    const bind = (value: unknown, type: string): string => params.add(value, type);
    // Hashed by Postgres; `r.terms && …` compares each term of a row with each of the query's several hundred.
    const all = bind(distinct([...query.terms, ...query.frequent]), 'int[]');
    const matches = `select r.id, r.length, t.term, t.tf::float8 as tf from zerodb_memory_records r
      cross join lateral unnest(r.terms, r.frequencies) as t (term, tf)
      where ${selectionSql(scope, selection, params)} and t.term = any(${all})`;
    const { k1, b } = BM25_DEFAULTS;
    const lengthShare = `${b} * m.length / ${bind(meanLength || 1, 'float8')}`;
    const saturated = `m.tf * ${k1 + 1} / (m.tf + ${k1} * (${1 - b} + ${lengthShare}))`;
    const { rows } = await this.database.query<{ id: string; score: number }>(
      scope,
      `with statistics as (select ${bind(memories, 'float8')} as documents),
       wanted as materialized (select * from ${termsSql(query.terms, bind)}),
       matches as materialized (${matches}),
       weights as materialized (${WEIGHTS})
       select m.id, sum(round(coalesce(w.idf, ${FREQUENT_WORDS.weight}) * ${saturated} * ${FIXED_POINT})) / ${FIXED_POINT} as score
       from matches m left join weights w using (term) group by m.id having count(w.idf) > 0
       order by score desc, m.id collate "C"
       limit ${params.add(limit, 'int')}`,
      params.values,
    );
    return rows;
  }

  private async fromPostings(
    scope: Scope,
    collection: Collection,
    selection: MemorySelection,
    query: KeywordQuery,
    limit: number,
  ): Promise<{ id: string; score: number }[]> {
    const params = new SqlParams();
    const sql = selectionSql(scope, selection, params);
    return await this.ranking.rank(scope, {
      collectionId: collection.id,
      query,
      limit,
      filter: { from: 'zerodb_memory_records', sql, params: params.values },
    });
  }
}

const sizeOf = ({ documents, meanLength }: CorpusStatistics): ScopeSize => ({
  memories: documents,
  isSmall: documents <= SMALL_SCOPE,
  meanLength,
});

const distinct = (terms: readonly QueryTerm[]): number[] => [...new Set(terms.map(({ term }) => term))];
