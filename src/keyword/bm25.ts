import { postingsTable } from './postings';
import type { CorpusStatistics } from './keyword-statistics';
import type { KeywordQuery, QueryTerm } from './query-terms';
import { DOCUMENT_TERM } from './term';

/** How soon repeats of a term stop counting, and how much long documents are held back: the usual values. */
export const BM25_DEFAULTS = { k1: 1.2, b: 0.75 } as const;

/**
 * Contributions are rounded to multiples of 2^-40 and added as whole numbers, which doubles do exactly below 2^53 (a
 * score of 8,192). So the sum does not depend on the order in which a plan visits the postings, and equal documents tie.
 */
export const FIXED_POINT = 2 ** 40;

/** A condition on the record, which goes by the alias `r`. Its placeholders count from `$1`. */
export interface RecordCondition {
  /** Where that record is; default: the collection's own records. */
  readonly from?: string;
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface KeywordSearch {
  readonly collectionId: number;
  /** Has terms. */
  readonly query: KeywordQuery;
  readonly limit: number;
  readonly k1?: number;
  readonly b?: number;
  /** Applied before the limit, never to the statistics: a filter does not change a score. */
  readonly filter?: RecordCondition;
  /** Inclusive. */
  readonly minScore?: number;
  /** When given, they are not counted again. */
  readonly statistics?: CorpusStatistics;
}

export interface KeywordHitRow {
  readonly id: string;
  readonly score: number;
  /** The statistics the score was made with: see `KeywordStatistics.remember`. */
  readonly documents: number;
  readonly mean_length: number;
}

export interface SqlStatement {
  readonly sql: string;
  readonly params: unknown[];
}

/** How many of the best are ordered by the words without a topic that the query has, too; and what such a word weighs. */
export const FREQUENT_WORDS = { reordered: 50, weight: 0.1 } as const;

/**
 * The statement of a BM25 search over the partition of a collection: rows of `KeywordHitRow`, best first, ties by id in
 * code point order. Document frequencies are counted in the pass that scores, so they are never stale.
 */
export function keywordSearch(search: KeywordSearch): SqlStatement {
  const params: unknown[] = [...(search.filter?.params ?? [])];
  const bind: Bind = (value, type) => `$${params.push(value)}::${type}`;
  const context = { ...search, bind, postings: postingsTable(search.collectionId) };
  const sql = `WITH statistics AS MATERIALIZED (${statisticsSql(context)}),
    wanted AS MATERIALIZED (${wantedSql(context, search.query.terms)}),
    matches AS MATERIALIZED (${matchesSql(context)}),
    weights AS MATERIALIZED (${WEIGHTS}),
    scored AS MATERIALIZED (${scoredSql(context)})${frequentSql(context)}
    SELECT s.id, s.score, t.documents, t.mean_length
    FROM ${rankedSql(context)} s CROSS JOIN statistics t${filterSql(search)}
    ORDER BY s.score DESC, s.id COLLATE "C"
    LIMIT ${bind(search.limit, 'int')}`;
  return { sql, params };
}

type Bind = (value: unknown, type: string) => string;
type Context = KeywordSearch & { readonly bind: Bind; readonly postings: string };

function statisticsSql({ collectionId, statistics, bind }: Context): string {
  if (statistics) {
    const { documents, meanLength } = statistics;
    return `SELECT ${bind(documents, 'float8')} AS documents, ${bind(meanLength, 'float8')} AS mean_length`;
  }
  return countStatistics(collectionId);
}

/** One row: `documents` and `mean_length`. */
export function countStatistics(collectionId: number): string {
  return `SELECT count(*)::float8 AS documents, coalesce(avg(length), 0)::float8 AS mean_length
    FROM ${postingsTable(collectionId)} WHERE collection_id = ${collectionId} AND term = ${DOCUMENT_TERM}`;
}

/** The terms of a query as a table. */
export function termsSql(terms: readonly QueryTerm[], bind: Bind): string {
  const column = (pick: (term: QueryTerm) => unknown, type: string): string => bind(terms.map(pick), type);
  return `unnest(${column(({ term }) => term, 'int[]')}, ${column(({ group }) => group, 'int[]')},
    ${column(({ weight }) => weight, 'float8[]')}, ${column(({ language }) => language, 'int[]')},
    ${column(({ isCounted }) => isCounted, 'boolean[]')}) AS q (term, word, weight, language, is_counted)`;
}

/** A term of a language that no record is in is not looked for: a query has a form in each of some twenty languages. */
function wantedSql({ collectionId, postings, bind }: Context, terms: readonly QueryTerm[]): string {
  const languages = [...new Set(terms.map(({ language }) => language))].filter((language) => language !== 0);
  const spoken = `SELECT l FROM unnest(${bind(languages, 'int[]')}) AS l
    WHERE EXISTS (SELECT FROM ${postings} p WHERE p.collection_id = ${collectionId} AND p.term = l)`;
  return `SELECT term, word, weight, is_counted FROM ${termsSql(terms, bind)}
    WHERE language = 0 OR language IN (${spoken})`;
}

function matchesSql({ collectionId, postings }: Context): string {
  return `SELECT term, id, tf::float8 AS tf, length::float8 AS length FROM ${postings}
    WHERE collection_id = ${collectionId} AND term = ANY(ARRAY(SELECT term FROM wanted))`;
}

/**
 * The forms of a word share its document frequency: a rare form is no better than a common one. Statistics that are a
 * few seconds old may know fewer documents than have the word, hence `least`.
 */
export const WEIGHTS = `SELECT w.term, max(w.weight * ln(1 + (documents - f.df + 0.5) / (f.df + 0.5))) AS idf
  FROM wanted w JOIN (
    SELECT word, least(max(documents), coalesce(sum(n) FILTER (WHERE is_counted), 1)) AS df FROM wanted
    JOIN (SELECT term, count(*)::float8 AS n FROM matches GROUP BY term) c USING (term) CROSS JOIN statistics
    GROUP BY word) f USING (word) CROSS JOIN statistics GROUP BY w.term`;

function scoredSql(context: Context): string {
  return `SELECT m.id, sum(round(w.idf * ${saturated(context, 'm')} * ${FIXED_POINT})) / ${FIXED_POINT} AS score
    FROM matches m JOIN weights w USING (term) CROSS JOIN statistics t GROUP BY m.id`;
}

function saturated({ k1 = BM25_DEFAULTS.k1, b = BM25_DEFAULTS.b, bind }: Context, posting: string): string {
  const [k, share] = [bind(k1, 'float8'), bind(b, 'float8')];
  return `${posting}.tf * (${k} + 1)
    / (${posting}.tf + ${k} * (1 - ${share} + ${share} * ${posting}.length / greatest(t.mean_length, 1)))`;
}

/**
 * What words without a topic add. Their postings are looked up for the best records only: read as a whole, `the` would
 * cost more than the rest of the search.
 */
function frequentSql(context: Context): string {
  const { collectionId, postings, query, bind } = context;
  if (query.frequent.length === 0) return '';
  const { reordered, weight } = FREQUENT_WORDS;
  return `,
    frequent AS MATERIALIZED (${wantedSql(context, query.frequent)}),
    extra AS MATERIALIZED (
      SELECT c.id, sum(round(${bind(weight, 'float8')} * ${saturated(context, 'p')} * ${FIXED_POINT})) / ${FIXED_POINT} AS score
      FROM (SELECT id FROM scored ORDER BY score DESC, id COLLATE "C" LIMIT ${reordered}) c CROSS JOIN statistics t
      CROSS JOIN LATERAL (SELECT tf::float8 AS tf, length::float8 AS length FROM ${postings}
        WHERE collection_id = ${collectionId} AND term = ANY(ARRAY(SELECT term FROM frequent)) AND id = c.id OFFSET 0) p
      GROUP BY c.id)`;
}

function filterSql({ collectionId, filter }: KeywordSearch): string {
  if (!filter) return '';
  const own = filter.from === undefined ? `r.collection_id = ${collectionId} AND ` : '';
  return ` CROSS JOIN LATERAL (SELECT FROM ${filter.from ?? `zerodb_vectors_${collectionId}`} r
      WHERE ${own}r.id = s.id AND (${filter.sql}) OFFSET 0) f`;
}

/** Sorted before the records are looked up, so that a filter is tested on the best ones first and no further than needed. */
function rankedSql({ minScore, query, bind }: Context): string {
  const threshold = minScore === undefined ? '' : ` WHERE score >= ${bind(minScore, 'float8')}`;
  const all =
    query.frequent.length === 0
      ? 'scored'
      : `(SELECT id, s.score + coalesce(x.score, 0) AS score FROM scored s LEFT JOIN extra x USING (id)) a`;
  return `(SELECT id, score FROM ${all}${threshold} ORDER BY score DESC, id COLLATE "C" OFFSET 0)`;
}
