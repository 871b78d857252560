import type { Scope } from '../common/scope';
import type { Database } from '../database/database.port';
import { countStatistics, keywordSearch, type KeywordHitRow, type KeywordSearch } from './bm25';
import { KeywordStatistics } from './keyword-statistics';

type CountedRow = Pick<KeywordHitRow, 'documents' | 'mean_length'>;

/** Ranks the records of a collection by BM25, with what it remembers of each collection's size. */
export class KeywordRanking {
  private readonly statistics = new KeywordStatistics();

  constructor(private readonly database: Database) {}

  /** What is remembered now, and scores depend on beside the records. Empty where the next search counts. */
  statisticsOf(collectionId: number): string {
    const known = this.statistics.get(collectionId);
    return known ? `${known.documents}/${known.meanLength}` : '';
  }

  /** Best first, ties by id. */
  async rank(scope: Scope, query: Omit<KeywordSearch, 'statistics'>): Promise<{ id: string; score: number }[]> {
    const { collectionId } = query;
    const known = this.statistics.get(collectionId);
    const statement = keywordSearch({ ...query, ...(known ? { statistics: known } : {}) });
    const { rows } = await this.database.query<KeywordHitRow>(scope, statement.sql, statement.params);
    if (!known) this.remember(collectionId, rows);
    else if (this.statistics.isDue(collectionId)) void this.countAgain(scope, collectionId);
    return rows.map(({ id, score }) => ({ id, score }));
  }

  /** Nobody waits for it: what was counted before serves meanwhile, and when this fails for a while longer. */
  private async countAgain(scope: Scope, collectionId: number): Promise<void> {
    try {
      const { rows } = await this.database.query<CountedRow>(scope, countStatistics(collectionId));
      this.remember(collectionId, rows);
    } catch {
      // Postgres is unreachable or the collection was dropped: the searches report it.
    }
  }

  private remember(collectionId: number, [counted]: readonly CountedRow[]): void {
    if (!counted) return;
    this.statistics.store(collectionId, { documents: counted.documents, meanLength: counted.mean_length });
  }
}
