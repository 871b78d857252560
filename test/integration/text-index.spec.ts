import { BackgroundWork } from '../../src/common/background-work';
import { setTimeout as sleep } from 'node:timers/promises';
import { TextIndexRepository } from '../../src/collections/text-index/text-index.repository';
import { TextReindexer } from '../../src/collections/text-index/text-reindexer';
import { TextSources } from '../../src/collections/text-index/text-source';
import { hashTerm } from '../../src/keyword/term';
import { IDS_ONLY, openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const SEARCH = { mode: 'keyword', limit: 10, include: IDS_ONLY, exact: false, explain: false } as const;
const VECTOR = [1];

/** Real: the database and everything that searches. The loop is run by hand. */
function suite(engine: 'embedded' | 'server'): void {
  let record: OpenRecord;
  let reindexer: TextReindexer;

  const find = async (name: string, text: string): Promise<string[]> =>
    (await record.search.search(record.scope, name, { ...SEARCH, query: { text } })).results.map(({ id }) => id);

  const analyserOf = async (name: string): Promise<string | undefined> => {
    const sql = 'select analyser from zerodb_collections where name = $1';
    return (await record.database.system.query<{ analyser: string }>(sql, [name])).rows[0]?.analyser;
  };

  /** Until nothing is outdated: a collection that was changed a moment ago is looked at again. */
  async function reindexed(name: string, analyser: string): Promise<void> {
    for (let round = 0; round < 40 && (await analyserOf(name)) !== analyser; round += 1) {
      await reindexer.work(new AbortController().signal);
      await sleep(100);
    }
    expect(await analyserOf(name)).toBe(analyser);
  }

  /** What version 1 stored: no stop words, no folding, English stems. */
  async function makeOld(name: string, id: string, words: readonly string[]): Promise<void> {
    const collection = await record.collections.resolve(record.scope, name);
    const table = `zerodb_postings_${collection.id}`;
    const tx = record.database.system;
    await tx.query(`delete from ${table} where id = $1`, [id]);
    await tx.query(
      `insert into ${table} (collection_id, project_id, term, id, tf, length)
       select $1, $2, term, $3, 1, $4 from unnest($5::int[]) as t (term)`,
      [collection.id, collection.projectId, id, words.length, [0, ...words.map(hashTerm)]],
    );
    await tx.query(`update zerodb_collections set analyser = '' where id = $1`, [collection.id]);
  }

  beforeAll(async () => {
    record = await openRecord(engine);
    const background = new BackgroundWork('all');
    reindexer = new TextReindexer(
      record.repository,
      new TextIndexRepository(record.database),
      new TextSources(),
      background,
    );
  });
  afterAll(async () => await record.drop());

  it('finds what version 1 indexed, and rebuilds it', async () => {
    await record.collections.put(record.scope, 'old', { dimension: 1 });
    await record.records.upsert(record.scope, 'old', [
      { id: 'a', vector: VECTOR, text: 'The WHO published naïve models' },
      { id: 'b', vector: VECTOR, text: 'Flowing rivers' },
    ]);
    await makeOld('old', 'a', ['publish', 'naïve', 'model']);
    await makeOld('old', 'b', ['flow', 'river']);
    expect(await find('old', 'model')).toEqual(['a']);
    expect(await find('old', 'naïve')).toEqual(['a']);
    expect(await find('old', 'WHO')).toEqual([]);
    await reindexed('old', '2:auto');
    expect(await find('old', 'WHO')).toEqual(['a']);
    expect(await find('old', 'naive')).toEqual(['a']);
    expect(await find('old', 'river flows')).toEqual(['b']);
  });

  it('follows a change of the language while searches keep working', async () => {
    await record.collections.put(record.scope, 'tongue', { dimension: 1, text: { language: 'en' } });
    const texts = Array.from({ length: 120 }, (_, i) => ({
      id: `r${i}`,
      vector: VECTOR,
      text: `Nummer ${i} ist frei`,
    }));
    await record.records.upsert(record.scope, 'tongue', [
      ...texts,
      { id: 'house', vector: VECTOR, text: 'Drei alte Häuser' },
    ]);
    await reindexed('tongue', '2:en');
    expect(await find('tongue', 'Haus')).toEqual([]);
    const changed = await record.collections.patch(record.scope, 'tongue', { text: { language: 'de' } });
    expect(changed.language).toBe('de');
    expect(await find('tongue', 'Häuser')).toEqual(['house']);
    await reindexed('tongue', '2:de');
    expect(await find('tongue', 'Haus')).toEqual(['house']);
    expect(await find('tongue', '77')).toEqual(['r77']);
  });

  it('gives each collection its turn, however large another one is', async () => {
    const many = Array.from({ length: 120 }, (_, i) => ({ id: `m${i}`, vector: VECTOR, text: `Tiere ${i}` }));
    for (const [name, records] of [['large', many] as const, ['small', many.slice(0, 1)] as const]) {
      await record.collections.put(record.scope, name, { dimension: 1, text: { language: 'en' } });
      await record.records.upsert(record.scope, name, records);
      await record.collections.patch(record.scope, name, { text: { language: 'de' } });
    }
    await reindexer.work(new AbortController().signal, 0);
    expect(await find('small', 'Tier')).toEqual(['m0']);
    expect((await find('large', 'Tier')).length).toBeGreaterThan(0);
    await reindexed('large', '2:de');
    expect(await find('large', 'Tier 119')).toContain('m119');
  });

  it('writes in the language that a collection has by the time of the write', async () => {
    await record.collections.put(record.scope, 'late', { text: { language: 'en' } });
    jest.spyOn(record.embeddings, 'embed').mockImplementationOnce(async (model, texts) => {
      await record.collections.patch(record.scope, 'late', { text: { language: 'de' } });
      return await record.embeddings.embed(model, texts);
    });
    await record.records.upsert(record.scope, 'late', [{ id: 'a', text: 'Tiere' }]);
    expect(await find('late', 'Tier')).toEqual(['a']);
  });

  it('takes out postings whose record is gone', async () => {
    await record.collections.put(record.scope, 'orphan', { dimension: 1 });
    await makeOld('orphan', 'nobody', ['ghost']);
    await reindexed('orphan', '2:auto');
    const { id } = await record.collections.resolve(record.scope, 'orphan');
    const { rows } = await record.database.system.query(`select from zerodb_postings_${id}`);
    expect(rows).toEqual([]);
  });

  it('refuses another language for a collection that exists, but by PATCH', async () => {
    await record.collections.put(record.scope, 'fixed', { dimension: 1, text: { language: 'fr' } });
    const put = record.collections.put(record.scope, 'fixed', { text: { language: 'de' } });
    await expect(put).rejects.toMatchObject({ status: 409 });
    const again = await record.collections.put(record.scope, 'fixed', { text: { language: 'fr' } });
    expect(again.created).toBe(false);
  });
}

describe('the index of texts, embedded', () => suite('embedded'));
describeWith(services.postgresUrl)('the index of texts, on a server', () => suite('server'));
