import { PGlite } from '@electric-sql/pglite';
import { queryTerms } from '../../src/keyword/analyse';
import { type KeywordHitRow, keywordSearch } from '../../src/keyword/bm25';
import { replacePostings } from '../../src/keyword/postings';
import type { Executor } from '../../src/database/database.port';

const COLLECTION = { id: 1, projectId: 1 };
const BATCH = 250;

/** ZeroDB's keyword search over an embedded Postgres in memory, without the layers above it. */
export class ZerodbKeyword {
  private constructor(private readonly db: PGlite) {}

  static async index(documents: readonly { id: string; text: string }[]): Promise<ZerodbKeyword> {
    const db = await PGlite.create();
    await db.exec(`CREATE TABLE zerodb_postings_1 (collection_id int NOT NULL, project_id int NOT NULL,
      term int NOT NULL, id text COLLATE "C" NOT NULL, tf smallint NOT NULL, length int NOT NULL,
      PRIMARY KEY (collection_id, term, id));
      CREATE INDEX ON zerodb_postings_1 (id)`);
    for (let start = 0; start < documents.length; start += BATCH) {
      await replacePostings(executorOf(db), COLLECTION, documents.slice(start, start + BATCH));
    }
    await db.exec('VACUUM ANALYZE');
    return new ZerodbKeyword(db);
  }

  async search(query: string, limit: number): Promise<string[]> {
    const terms = queryTerms(query);
    if (terms.length === 0) return [];
    const { sql, params } = keywordSearch({ collectionId: COLLECTION.id, terms, limit });
    const { rows } = await this.db.query<KeywordHitRow>(sql, params);
    return rows.map((row) => row.id);
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

function executorOf(db: PGlite): Executor {
  return {
    query: async <Row>(sql: string, params: readonly unknown[] = []) => {
      const { rows, affectedRows } = await db.query<Row>(sql, [...params]);
      return { rows, rowCount: affectedRows ?? rows.length };
    },
  };
}
