import { PGlite } from '@electric-sql/pglite';
import { type KeywordHitRow, keywordSearch } from '../../src/keyword/bm25';
import type { TextLanguage } from '../../src/keyword/languages';
import { replacePostings } from '../../src/keyword/postings';
import { keywordQuery } from '../../src/keyword/query';
import type { Executor } from '../../src/database/database.port';

const COLLECTION = { id: 1, projectId: 1 };
const BATCH = 250;

/** A Postgres of one user: `exec` runs statements without parameters. */
export interface PlainDatabase extends Executor {
  exec(sql: string): Promise<unknown>;
  close(): Promise<void>;
}

const TABLE = `CREATE TABLE zerodb_postings_1 (collection_id int NOT NULL, project_id int NOT NULL,
    term int NOT NULL, id text COLLATE "C" NOT NULL, tf smallint NOT NULL, length int NOT NULL,
    PRIMARY KEY (collection_id, term, id));
  CREATE INDEX ON zerodb_postings_1 (id)`;

/** ZeroDB's keyword search over an embedded Postgres in memory, without the layers above it. */
export class ZerodbKeyword {
  private constructor(private readonly db: PlainDatabase) {}

  static async index(documents: readonly { id: string; text: string }[]): Promise<ZerodbKeyword> {
    const keyword = await ZerodbKeyword.over(plain(await PGlite.create()));
    await keyword.replace(documents);
    return keyword;
  }

  static async over(db: PlainDatabase): Promise<ZerodbKeyword> {
    await db.exec(TABLE);
    return new ZerodbKeyword(db);
  }

  /** Indexes these documents in place of those before. */
  async replace(documents: readonly { id: string; text: string }[], language: TextLanguage = 'auto'): Promise<void> {
    await this.db.exec('TRUNCATE zerodb_postings_1');
    for (let start = 0; start < documents.length; start += BATCH) {
      await replacePostings(this.db, { ...COLLECTION, language }, documents.slice(start, start + BATCH));
    }
    await this.db.exec('VACUUM ANALYZE zerodb_postings_1');
  }

  async search(query: string, limit: number): Promise<string[]> {
    const wanted = keywordQuery(query);
    if (wanted.terms.length === 0) return [];
    const { sql, params } = keywordSearch({ collectionId: COLLECTION.id, query: wanted, limit });
    const { rows } = await this.db.query<KeywordHitRow>(sql, params);
    return rows.map((row) => row.id);
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

const plain = (db: PGlite): PlainDatabase => ({
  query: async <Row>(sql: string, params: readonly unknown[] = []) => {
    const { rows, affectedRows } = await db.query<Row>(sql, [...params]);
    return { rows, rowCount: affectedRows ?? rows.length };
  },
  exec: (sql) => db.exec(sql),
  close: () => db.close(),
});
