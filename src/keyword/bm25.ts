import { postingsTable } from './postings';
import type { CorpusStatistics } from './keyword-statistics';
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
  /** From `queryTerms`; not empty. */
  readonly terms: readonly number[];
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

/**
 * The statement of a BM25 search over the partition of a collection: rows of `KeywordHitRow`, best first, ties by id in
 * code point order. Document frequencies are counted in the pass that scores, so they are never stale.
 */
export function keywordSearch(search: KeywordSearch): SqlStatement {
  const params: unknown[] = [...(search.filter?.params ?? [])];
  const bind = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const sql = `WITH statistics AS MATERIALIZED (${statisticsSql(search, bind)}),
    matches AS MATERIALIZED (${matchesSql(search, bind)}),
    weights AS MATERIALIZED (${WEIGHTS}),
    scored AS MATERIALIZED (${scoredSql(search, bind)})
    SELECT s.id, s.score, t.documents, t.mean_length
    FROM ${rankedSql(search, bind)} s CROSS JOIN statistics t${filterSql(search)}
    ORDER BY s.score DESC, s.id COLLATE "C"
    LIMIT ${bind(search.limit, 'int')}`;
  return { sql, params };
}

type Bind = (value: unknown, type: string) => string;

function statisticsSql({ collectionId, statistics }: KeywordSearch, bind: Bind): string {
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

function matchesSql({ collectionId, terms }: KeywordSearch, bind: Bind): string {
  return `SELECT term, id, tf::float8 AS tf, length::float8 AS length FROM ${postingsTable(collectionId)}
    WHERE collection_id = ${collectionId} AND term = ANY(${bind(terms, 'int[]')})`;
}

/** Statistics that are a few seconds old may know fewer documents than have the term, hence `greatest`. */
const WEIGHTS = `SELECT term, ln(1 + (greatest(documents, df) - df + 0.5) / (df + 0.5)) AS idf
  FROM (SELECT term, count(*)::float8 AS df FROM matches GROUP BY term) f CROSS JOIN statistics`;

function scoredSql({ k1 = BM25_DEFAULTS.k1, b = BM25_DEFAULTS.b }: KeywordSearch, bind: Bind): string {
  const [k, lengthShare] = [bind(k1, 'float8'), bind(b, 'float8')];
  const tf = `m.tf * (${k} + 1) / (m.tf + ${k} * (1 - ${lengthShare} + ${lengthShare} * m.length / t.mean_length))`;
  return `SELECT m.id, sum(round(w.idf * ${tf} * ${FIXED_POINT})) / ${FIXED_POINT} AS score
    FROM matches m JOIN weights w USING (term) CROSS JOIN statistics t GROUP BY m.id`;
}

function filterSql({ collectionId, filter }: KeywordSearch): string {
  if (!filter) return '';
  const own = filter.from === undefined ? `r.collection_id = ${collectionId} AND ` : '';
  return ` CROSS JOIN LATERAL (SELECT FROM ${filter.from ?? `zerodb_vectors_${collectionId}`} r
      WHERE ${own}r.id = s.id AND (${filter.sql}) OFFSET 0) f`;
}

/** Sorted before the records are looked up, so that a filter is tested on the best ones first and no further than needed. */
function rankedSql({ minScore }: KeywordSearch, bind: Bind): string {
  const threshold = minScore === undefined ? '' : ` WHERE score >= ${bind(minScore, 'float8')}`;
  return `(SELECT id, score FROM scored${threshold} ORDER BY score DESC, id COLLATE "C" OFFSET 0)`;
}
