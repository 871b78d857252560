import { seededRandom } from '../../src/common/seeded-random';
import { analyse } from '../../src/keyword/analyse';
import { type KeywordHitRow, type KeywordSearch, keywordSearch } from '../../src/keyword/bm25';
import { compareCodePoints } from '../../src/common/code-points';
import { deletePostings, replacePostings } from '../../src/keyword/postings';
import { keywordQuery } from '../../src/keyword/query';
import { hashTerm } from '../../src/keyword/term';
import { TestPglite } from '../support/pglite';

/** Real: Postgres (embedded, in memory) and its partitions. By hand: the two tables, without row-level security. */
const TABLES = `
  CREATE TABLE zerodb_postings (collection_id int NOT NULL, project_id int NOT NULL, term int NOT NULL,
    id text COLLATE "C" NOT NULL, tf smallint NOT NULL, length int NOT NULL, PRIMARY KEY (collection_id, term, id))
    PARTITION BY LIST (collection_id);
  CREATE INDEX ON zerodb_postings (id);
  CREATE TABLE zerodb_postings_7 PARTITION OF zerodb_postings FOR VALUES IN (7);
  CREATE TABLE zerodb_postings_8 PARTITION OF zerodb_postings FOR VALUES IN (8);
  CREATE TABLE zerodb_vectors_7 (collection_id int NOT NULL, id text COLLATE "C" NOT NULL, metadata jsonb NOT NULL,
    PRIMARY KEY (collection_id, id));`;

const COLLECTION = { id: 7, projectId: 1, language: 'auto' } as const;
const STEMS: Readonly<Record<string, string>> = { plate: 'plate', nose: 'nose', panels: 'panel', nothing: 'noth' };
const VOCABULARY = 'wing flow shock layer plate heat mach cone drag lift nose wake jet slab panel'.split(' ');

type Texts = Map<string, string | null>;
type Search = Omit<KeywordSearch, 'collectionId' | 'query' | 'limit'> & { limit?: number };

/** What the SQL must equal: the formula, one document after the other. */
function expected(texts: Texts, query: string, k1 = 1.2, b = 0.75): { id: string; score: number }[] {
  const documents = [...texts].flatMap(([id, text]) => (text === null ? [] : [{ id, ...analyse(text) }]));
  const mean = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const hits = documents.map(({ id, length, terms }) => {
    let score = 0;
    for (const word of query.split(' ').filter((one) => one !== '')) {
      const term = hashTerm(STEMS[word] ?? word);
      const df = documents.filter((document) => document.terms.has(term)).length;
      const idf = Math.log(1 + (documents.length - df + 0.5) / (df + 0.5));
      const tf = terms.get(term) ?? 0;
      score += (idf * tf * (k1 + 1)) / (tf + k1 * (1 - b + (b * length) / mean));
    }
    // As many digits as must agree, so that equal documents tie here too.
    return { id, score: Number(score.toFixed(9)) };
  });
  return hits.filter((hit) => hit.score > 0).sort((x, y) => y.score - x.score || compareCodePoints(x.id, y.id));
}

/** The same words every time. */
function randomly(seed: number): (below: number) => number {
  const next = seededRandom(seed);
  return (below) => Math.floor(next() * below);
}

function textOf(random: (below: number) => number): string {
  // The product of two throws makes the first words frequent and the last rare, as in a language.
  const word = (): string => VOCABULARY[Math.floor((random(16) * random(16)) / 16)] ?? 'wing';
  return Array.from({ length: 1 + random(30) }, word).join(' ');
}

describe('keyword search', () => {
  let db: TestPglite;
  const texts: Texts = new Map();

  async function put(documents: readonly { id: string; text: string | null }[]): Promise<void> {
    await replacePostings(db, COLLECTION, documents);
    for (const { id, text } of documents) texts.set(id, text);
  }

  async function search(query: string, { limit = 1_000, ...rest }: Search = {}): Promise<KeywordHitRow[]> {
    const statement = keywordSearch({ collectionId: COLLECTION.id, query: keywordQuery(query), limit, ...rest });
    return (await db.query<KeywordHitRow>(statement.sql, statement.params)).rows;
  }

  async function expectSameRanking(query: string, options: Search = {}): Promise<void> {
    const wanted = expected(texts, query, options.k1, options.b);
    const found = await search(query, options);
    expect(found.map((hit) => hit.id)).toEqual(wanted.map((hit) => hit.id));
    for (const [index, hit] of found.entries()) {
      expect(Math.abs(hit.score - (wanted[index]?.score ?? 0))).toBeLessThanOrEqual(1.5e-9);
    }
  }

  beforeAll(async () => {
    db = new TestPglite();
    await db.exec(TABLES);
  });

  afterAll(() => db.close());

  beforeEach(async () => {
    texts.clear();
    await db.exec('TRUNCATE zerodb_postings, zerodb_vectors_7');
    const random = randomly(42);
    await put(Array.from({ length: 300 }, (_, i) => ({ id: `d${i}`, text: textOf(random) })));
  });

  it.each(['wing', 'shock wake', 'heat jet panels', 'slab nothing', VOCABULARY.join(' ')])(
    'ranks %j as BM25 does',
    async (query) => {
      await expectSameRanking(query);
    },
  );

  it('takes other constants', () => expectSameRanking('wing jet', { k1: 2, b: 0.2 }));

  it('finds nothing for a word that no record has', async () => {
    expect(await search('zeppelin')).toEqual([]);
  });

  it('follows updates, deletions, and texts that come and go', async () => {
    const random = randomly(7);
    await put(Array.from({ length: 50 }, (_, i) => ({ id: `d${i * 3}`, text: i % 5 ? textOf(random) : null })));
    await put([
      { id: 'd0', text: '' },
      { id: 'd1', text: 'the of and' },
      { id: 'new', text: 'wing '.repeat(30_000) },
    ]);
    const gone = Array.from({ length: 40 }, (_, i) => `d${200 + i}`);
    await deletePostings(db, COLLECTION, [...gone, 'never there']);
    for (const id of gone) texts.delete(id);
    await expectSameRanking('shock wake');
    await expectSameRanking('drag panel jet');
  });

  it('leaves nothing behind when all is deleted', async () => {
    await deletePostings(db, COLLECTION, [...texts.keys()]);
    const { rows } = await db.query('SELECT 1 FROM zerodb_postings');
    expect(rows).toEqual([]);
    expect(await search('wing')).toEqual([]);
  });

  it('orders ties by id in code point order', async () => {
    const ids = ['b', 'a', '\u{1F600}', '\uFF5E', 'B', 'é', 'a\u{10000}'];
    await put(ids.map((id) => ({ id, text: 'zeppelin over the panel and the slab' })));
    const hits = await search('zeppelin slab panel');
    expect(hits.slice(0, ids.length).map((hit) => hit.id)).toEqual([...ids].sort(compareCodePoints));
    expect(new Set(hits.slice(0, ids.length).map((hit) => hit.score)).size).toBe(1);
  });

  it('fills the limit with records that pass the filter, and keeps their scores', async () => {
    await db.exec(`INSERT INTO zerodb_vectors_7
      SELECT 7, 'd' || i, jsonb_build_object('even', i % 2 = 0, 'n', i) FROM generate_series(0, 299) i`);
    const filter = {
      sql: `r.metadata @> $1::jsonb AND (r.metadata->>'n')::int >= $2::int`,
      params: ['{"even":true}', 100],
    };
    const passes = (id: string): boolean => Number(id.slice(1)) >= 100 && Number(id.slice(1)) % 2 === 0;
    const wanted = expected(texts, 'wing flow').filter((hit) => passes(hit.id));
    const hits = await search('wing flow', { filter, limit: 20 });
    expect(hits.map((hit) => hit.id)).toEqual(wanted.slice(0, 20).map((hit) => hit.id));
    expect(hits[0]?.score).toBeCloseTo(wanted[0]?.score ?? 0, 8);
  });

  it('takes an inclusive lower bound of the score', async () => {
    const all = await search('wing flow');
    const bound = all[9]?.score ?? 0;
    const hits = await search('wing flow', { minScore: bound });
    expect(hits).toEqual(all.filter((hit) => hit.score >= bound));
  });

  it('reports the statistics it counted, and takes them back', async () => {
    const [hit] = await search('wing');
    expect(hit?.documents).toBe(300);
    const statistics = { documents: hit?.documents ?? 0, meanLength: hit?.mean_length ?? 0 };
    expect(await search('wing flow', { statistics })).toEqual(await search('wing flow'));
  });

  it('stands statistics that are older than the postings', async () => {
    const hits = await search('wing flow', { statistics: { documents: 3, meanLength: 10 } });
    expect(hits.every((hit) => hit.score > 0)).toBe(true);
  });

  it('does not look into other collections', async () => {
    await replacePostings(db, { ...COLLECTION, id: 8, projectId: 2 }, [{ id: 'foreign', text: 'wing wing' }]);
    expect((await search('wing')).map((hit) => hit.id)).not.toContain('foreign');
  });

  it('takes 10,000 records in one call', async () => {
    const random = randomly(3);
    await put(Array.from({ length: 10_000 }, (_, i) => ({ id: `m${i}`, text: textOf(random) })));
    const { rows } = await db.query<{ n: number }>('SELECT count(*)::int AS n FROM zerodb_postings WHERE term = 0');
    expect(rows).toEqual([{ n: 10_300 }]);
  });
});
