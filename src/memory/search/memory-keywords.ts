import { Injectable } from '@nestjs/common';
import { SqlParams } from '../../collections/adapters/pgvector/sql-params';
import type { Collection } from '../../collections/collection';
import { queryTerms } from '../../collections/keyword/analyse';
import { BM25_DEFAULTS, countStatistics, keywordSearch, type KeywordHitRow } from '../../collections/keyword/bm25';
import { compareCodePoints } from '../../collections/keyword/fuse';
import { KeywordStatistics } from '../../collections/keyword/keyword-statistics';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { scopeSql, selectionSql, type MemorySelection } from './memory-selection';

/** Up to so many memories of a scope are ranked from their own rows; more, from the postings of the collection. */
const SMALL_SCOPE = 4_000;

type CountedRow = Pick<KeywordHitRow, 'documents' | 'mean_length'>;

interface TermsRow {
  readonly id: string;
  readonly terms: readonly number[];
  readonly frequencies: readonly number[];
  readonly length: number;
}

export interface ScopeSize {
  /** Exact up to a bound, and beyond it when there are more. */
  readonly memories: number;
  readonly isSmall: boolean;
  readonly meanLength: number;
}

/** Keyword search over memories, by BM25. What is not embedded yet is found, too. */
@Injectable()
export class MemoryKeywords {
  private readonly statistics = new KeywordStatistics();

  constructor(private readonly database: Database) {}

  async sizeOf(scope: Scope, selection: MemorySelection): Promise<ScopeSize> {
    const params = new SqlParams();
    const { rows } = await this.database.query<{ memories: number; mean_length: number }>(
      scope,
      `select count(*) as memories, coalesce(avg(length), 0)::float8 as mean_length from (
         select r.length from zerodb_memory_records r
         where ${scopeSql(scope, selection.memoryScope, params)} and r.deleted_at is null limit ${SMALL_SCOPE + 1}) s`,
      params.values,
    );
    const memories = Number(rows[0]?.memories ?? 0);
    return { memories, isSmall: memories <= SMALL_SCOPE, meanLength: rows[0]?.mean_length ?? 0 };
  }

  /** Best first, ties by id. A text of nothing but stop words finds nothing. */
  async search(
    scope: Scope,
    collection: Collection,
    selection: MemorySelection,
    query: { readonly text: string; readonly limit: number },
    size: ScopeSize,
  ): Promise<{ id: string; score: number }[]> {
    const terms = queryTerms(query.text);
    if (terms.length === 0) return [];
    if (size.isSmall) return (await this.fromRows(scope, selection, terms, size)).slice(0, query.limit);
    return await this.fromPostings(scope, collection, selection, terms, query.limit);
  }

  private async fromRows(
    scope: Scope,
    selection: MemorySelection,
    terms: readonly number[],
    size: ScopeSize,
  ): Promise<{ id: string; score: number }[]> {
    const params = new SqlParams();
    const wanted = params.add(terms, 'int[]');
    const { rows } = await this.database.query<TermsRow>(
      scope,
      `select r.id, r.terms, r.frequencies, r.length from zerodb_memory_records r
       where ${selectionSql(scope, selection, params)} and r.terms && ${wanted}`,
      params.values,
    );
    return rankByBm25(rows, terms, { documents: size.memories, meanLength: size.meanLength });
  }

  private async fromPostings(
    scope: Scope,
    collection: Collection,
    selection: MemorySelection,
    terms: readonly number[],
    limit: number,
  ): Promise<{ id: string; score: number }[]> {
    const params = new SqlParams();
    const sql = selectionSql(scope, selection, params);
    const known = this.statistics.get(collection.id);
    const statement = keywordSearch({
      collectionId: collection.id,
      terms,
      limit,
      filter: { from: 'zerodb_memory_records', sql, params: params.values },
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
      const { rows } = await this.database.query<CountedRow>(scope, countStatistics(collection.id));
      this.remember(collection, rows);
    } catch {
      // Postgres is away: the searches themselves say so.
    }
  }

  private remember({ id }: Collection, [counted]: readonly CountedRow[]): void {
    if (counted) this.statistics.remember(id, { documents: counted.documents, meanLength: counted.mean_length });
  }
}

/** BM25 over rows that carry their terms. Exported for its table tests. */
export function rankByBm25(
  rows: readonly TermsRow[],
  terms: readonly number[],
  { documents, meanLength }: { readonly documents: number; readonly meanLength: number },
): { id: string; score: number }[] {
  const { k1, b } = BM25_DEFAULTS;
  const wanted = new Set(terms);
  const frequency = new Map<number, number>();
  for (const row of rows)
    for (const term of row.terms) if (wanted.has(term)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  const idf = (term: number): number => {
    const df = frequency.get(term) ?? 0;
    return Math.log(1 + (Math.max(documents, df) - df + 0.5) / (df + 0.5));
  };
  const scoreOf = ({ terms: own, frequencies, length }: TermsRow): number => {
    const damping = k1 * (1 - b + (b * length) / (meanLength || 1));
    return own.reduce((sum, term, index) => {
      if (!wanted.has(term)) return sum;
      const tf = frequencies[index] ?? 0;
      return sum + (idf(term) * tf * (k1 + 1)) / (tf + damping);
    }, 0);
  };
  return rows
    .map((row) => ({ id: row.id, score: scoreOf(row) }))
    .sort((x, y) => y.score - x.score || compareCodePoints(x.id, y.id));
}
