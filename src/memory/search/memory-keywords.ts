import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../database/filter/sql-params';
import type { Collection } from '../../collections/collection';
import { BM25_DEFAULTS, FIXED_POINT, FREQUENT_WORDS, termsSql, WEIGHTS } from '../../keyword/bm25';
import { KeywordRanking } from '../../keyword/keyword-ranking';
import { KeywordStatistics, type CorpusStatistics } from '../../keyword/keyword-statistics';
import { postingsTable } from '../../keyword/postings';
import { keywordQuery } from '../../keyword/query';
import type { KeywordQuery, QueryTerm } from '../../keyword/query-terms';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ownerOf, type RecallScope } from '../memory';
import { DOCUMENT_TERM } from '../../keyword/term';
import { scopeSql, selectionSql, type MemorySelection } from './memory-selection';

/** Up to so many memories of a scope are compared with a question one by one. */
const SMALL_SCOPE = 4_000;
/**
 * Up to so many are ranked from their own rows; more, from the postings of the collection. Those hold the memories of
 * everybody: a common word costs by how often all people said it.
 */
const RANKED_BY_ROW = 20_000;

/**
 * A scope of more memories than `FEW` that has at least one of `MOST` of the collection is ranked from the postings, too: they are
 * mostly its own, and to go through all terms of all rows takes longer.
 */
const FEW = 2_000;
const MOST = 4;
/** By a longer question the ledger would be looked up for more postings than the scope has rows. */
const FEW_WORDS = 32;

interface Ranking {
  readonly wanted: KeywordQuery;
  readonly size: ScopeSize;
  readonly limit: number;
}

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
  private readonly collections = new KeywordStatistics();

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
    if (size.memories > RANKED_BY_ROW)
      return await this.fromPostings(scope, collection, selection, wanted, query.limit);
    const isShort = wanted.terms.length + wanted.frequent.length <= FEW_WORDS;
    const isMost = isShort && (await this.isMostOf(scope, collection, size));
    return await this.fromRows(scope, selection, { wanted, size, limit: query.limit }, isMost ? collection : undefined);
  }

  /** Whether a scope of some thousands has most of the collection's memories. */
  private async isMostOf(scope: Scope, collection: Collection, { memories }: ScopeSize): Promise<boolean> {
    if (memories <= FEW) return false;
    const known = this.collections.get(collection.id);
    if (!known) return (await this.countCollection(scope, collection)) <= memories * MOST;
    if (this.collections.isDue(collection.id)) void this.countCollection(scope, collection).catch(() => undefined);
    return known.documents <= memories * MOST;
  }

  private async countCollection(scope: Scope, { id }: Collection): Promise<number> {
    const sql = `select count(*) as documents from (select from ${postingsTable(id)}
      where collection_id = ${id} and term = ${DOCUMENT_TERM} limit ${RANKED_BY_ROW * MOST + 1}) s`;
    const { rows } = await this.database.query<{ documents: number }>(scope, sql);
    const documents = rows[0]?.documents ?? 0;
    this.collections.store(id, { documents, meanLength: 0 });
    return documents;
  }

  /**
   * Scored where the rows are: a thousand of them with their terms take longer to send than to score. With a `collection`, its
   * postings tell which have a term, and rows without any are not read; what is not embedded has no postings.
   */
  private async fromRows(
    scope: Scope,
    selection: MemorySelection,
    { wanted: query, size: { memories, meanLength }, limit }: Ranking,
    collection: Collection | undefined,
  ): Promise<{ id: string; score: number }[]> {
    const params = new SqlParams();
    const bind = (value: unknown, type: string): string => params.add(value, type);
    const matches = matchesSql(query, selectionSql(scope, selection, params), collection, bind);
    const { k1, b } = BM25_DEFAULTS;
    const lengthShare = `${b} * m.length / ${bind(meanLength || 1, 'float8')}`;
    const saturated = `m.tf * ${k1 + 1} / (m.tf + ${k1} * (${1 - b} + ${lengthShare}))`;
    const { rows } = await this.database.query<{ id: string; score: number }>(
      scope,
      `with statistics as (select ${bind(memories, 'float8')} as documents),
       wanted as materialized (select * from ${termsSql(query.terms, bind)}),
       ${matches.sql},
       weights as materialized (${WEIGHTS})
       select m.id, sum(round(coalesce(w.idf, ${FREQUENT_WORDS.weight}) * ${saturated} * ${FIXED_POINT})) / ${FIXED_POINT} as score
       from ${matches.all} m
       left join weights w using (term) group by m.id having count(w.idf) > 0
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

type Bind = (value: unknown, type: string) => string;

/** What has which of the query's words: `sql` makes the table `matches`, `all` is that with words that find nothing alone. */
function matchesSql(
  query: KeywordQuery,
  condition: string,
  collection: Collection | undefined,
  bind: Bind,
): { readonly sql: string; readonly all: string } {
  const words = new Set(termsOf(query.terms));
  const frequent = termsOf(query.frequent).filter((term) => !words.has(term));
  const terms = bind([...words, ...frequent], 'int[]');
  if (collection === undefined)
    return { sql: `matches as materialized (${termsOfRowsSql(terms, condition)})`, all: 'matches' };
  const waiting = termsOfRowsSql(terms, `${condition} and not r.embedded`);
  return {
    sql: `posted as materialized (${postedSql(collection, condition)}),
       matches as materialized (select * from posted union all ${waiting})`,
    all: `(select * from matches union all ${frequentSql(collection, bind(frequent, 'int[]'))})`,
  };
}

/** Unnested in the select list, the terms pass one by one; as a function in `from`, those of each row would be stored first. */
const termsOfRowsSql = (terms: string, condition: string): string =>
  `select id, length, term, tf::float8 as tf from (
     select r.id, r.length, unnest(r.terms) as term, unnest(r.frequencies) as tf from zerodb_memory_records r
     where ${condition}) t where term = any(${terms})`;

/**
 * The postings of the query's words. The rows are looked up one by one: for as many as that, the planner would read the whole
 * ledger. What is not embedded may have postings of what it said before.
 */
const postedSql = ({ id }: Collection, condition: string): string =>
  `select p.id, p.length, p.term, p.tf::float8 as tf from ${postingsTable(id)} p cross join lateral (
     select from zerodb_memory_records r where r.id = p.id and r.embedded and ${condition} offset 0) r
   where p.collection_id = ${id} and p.term = any(array(select term from wanted))`;

/**
 * Words without a topic find nothing: they count where other words were found. `is true` keeps the condition from becoming a join,
 * which the planner, knowing little of either side, might do row by row.
 */
const frequentSql = ({ id }: Collection, terms: string): string =>
  `select id, length, term, tf::float8 as tf from ${postingsTable(id)}
   where collection_id = ${id} and term = any(array(select unnest(${terms}))) and (id in (select id from posted)) is true`;

const termsOf = (terms: readonly QueryTerm[]): number[] => [...new Set(terms.map(({ term }) => term))];
