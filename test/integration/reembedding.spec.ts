import { CollectionsService } from '../../src/collections/collections.service';
import { RecordLimits, type RecordInput } from '../../src/collections/records/record-input';
import { RecordsService } from '../../src/collections/records/records.service';
import { IndexedWait } from '../../src/collections/records/indexed-wait';
import { EVERYTHING, IDS_ONLY, openRecordWith, type OpenRecord } from '../support/record';
import { openReembedding, TwoWordEmbeddings } from '../support/reembedding';
import { describeWith, services } from '../support/services';

const FIRST = 'words';
const OTHER = 'other-words';

/** Real: the database, records, search, and all of re-embedding. Fake: the two embedding models. */
const suite = (engine: 'embedded' | 'server') => () => {
  let record: OpenRecord;
  let reembedding: ReturnType<typeof openReembedding>;
  let serial = 0;
  let name = '';

  beforeAll(async () => {
    record = await openRecordWith(engine, new TwoWordEmbeddings());
    reembedding = openReembedding(record);
  });
  afterAll(async () => await record.drop());
  beforeEach(async () => {
    serial += 1;
    name = `c${serial}`;
    await record.collections.put(record.scope, name, {});
  });

  const put = async (records: readonly { id: string; text: string }[], through = record.records) =>
    await through.upsert(record.scope, name, records);
  const fill = async (count: number) =>
    await put(Array.from({ length: count }, (_, index) => ({ id: `r${index}`, text: `word${index} common` })));
  const found = async (text: string, mode: 'vector' | 'keyword' | 'hybrid' = 'vector') => {
    const request = { query: { text }, mode, limit: 3, include: IDS_ONLY, exact: true, explain: false };
    return (await record.search.search(record.scope, name, request)).results.map(({ id }) => id);
  };
  const model = async () => (await record.collections.get(record.scope, name)).collection.model?.name;
  /** A replica of its own, with a cache of its own. */
  const replica = (): RecordsService => {
    const collections = new CollectionsService(record.repository, record.embeddings);
    const { recordsRepository, embeddings, database, collectionMetrics } = record;
    return new RecordsService(
      collections,
      recordsRepository,
      embeddings,
      new RecordLimits(),
      new IndexedWait(database),
      collectionMetrics,
    );
  };

  it('embeds behind the model that serves, compares, switches and rolls back', async () => {
    await fill(100);
    const before = await record.records.get(record.scope, name, 'r7', EVERYTHING);
    const { shown, created } = await reembedding.service.begin(record.scope, name, OTHER);
    expect(created).toBe(true);
    expect(shown).toMatchObject({ state: 'filling', switched: false, total: 100 });
    expect(await found('word7')).toContain('r7');
    await reembedding.settle();
    const ready = await reembedding.service.get(record.scope, name);
    expect(ready).toMatchObject({ state: 'ready', filled: 100, backlog: { waiting: 0, refused: 0 } });
    expect(ready.comparison?.queries).toBe(30);
    expect(await model()).toBe(FIRST);

    await reembedding.service.switch(record.scope, name);
    expect(await model()).toBe(OTHER);
    expect((await found('word7'))[0]).toBe('r7');
    expect((await found('word7', 'keyword'))[0]).toBe('r7');
    const after = await record.records.get(record.scope, name, 'r7', EVERYTHING);
    expect(after).toMatchObject({ version: before.version, text: before.text, created_at: before.created_at });

    await reembedding.service.rollback(record.scope, name);
    expect(await model()).toBe(FIRST);
    expect((await found('word7'))[0]).toBe('r7');
  });

  it('keeps the vectors with names', async () => {
    const named = `${name}-named`;
    const shapes = { vectors: { title: { dimension: 2 } }, sparse_vectors: { terms: {} } };
    await record.collections.put(record.scope, named, shapes);
    const vectors = { title: [1, 0], terms: { indices: [7], values: [1] } };
    await record.records.upsert(record.scope, named, [{ id: 'a', text: 'word1 common', vectors }]);
    await reembedding.service.begin(record.scope, named, OTHER);
    await reembedding.settle();
    await reembedding.service.switch(record.scope, named);
    const include = { ...EVERYTHING, vectors: true };
    const { vectors: kept } = await record.records.get(record.scope, named, 'a', include);
    expect(kept).toMatchObject([
      { name: 'terms', indices: [7], weights: [1] },
      { name: 'title', dense: '[1,0]' },
    ]);
    const request = { query: { vector: [1, 0] }, using: 'title', limit: 1, include, exact: true, explain: false };
    expect((await record.search.search(record.scope, named, request)).results).toMatchObject([{ id: 'a', score: 1 }]);
  });

  it('leaves records without a vector without one, whether they have a text or not', async () => {
    const bare = `${name}-bare`;
    await record.collections.put(record.scope, bare, { vectors: { title: { dimension: 2 } } });
    const records: RecordInput[] = [
      { id: 'a', vectors: { title: [1, 0] } },
      { id: 'b', text: 'word1 common' },
      { id: 'c', text: 'word1 common', vectors: {} },
      { id: 'd', text: 'word1 common' },
    ];
    await record.records.upsert(record.scope, bare, records);
    await record.records.patch(record.scope, bare, 'd', { vector: null });
    await reembedding.service.begin(record.scope, bare, OTHER);
    await reembedding.settle();
    expect(await reembedding.service.get(record.scope, bare)).toMatchObject({
      state: 'ready',
      backlog: { refused: 0 },
    });
    await reembedding.service.switch(record.scope, bare);
    const page = { ids: ['a', 'b', 'c', 'd'], limit: 4, afterPath: '', include: { ...EVERYTHING, vectors: true } };
    const { data } = await record.records.list(record.scope, bare, page);
    expect(data.map(({ id, vector }) => [id, vector !== null])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
      ['d', false],
    ]);
    expect(data[0]?.vectors).toMatchObject([{ name: 'title', dense: '[1,0]' }]);
  });

  it('carries over what is written, changed and deleted while it runs, after the switch, and back', async () => {
    await fill(80);
    await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.reembedder.work(AbortSignal.timeout(10_000));
    await put([
      { id: 'r3', text: 'changed entirely' },
      { id: 'later', text: 'brand new' },
    ]);
    await record.records.delete(record.scope, name, 'r4');
    await reembedding.settle();
    await reembedding.service.switch(record.scope, name);
    expect((await found('changed entirely'))[0]).toBe('r3');
    expect((await found('brand new'))[0]).toBe('later');
    expect(await found('word4')).not.toContain('r4');
    expect(await record.records.count(record.scope, name, {})).toBe(80);
    await put([{ id: 'even-later', text: 'after the switch' }]);
    await record.records.delete(record.scope, name, 'r5');
    await reembedding.service.rollback(record.scope, name);
    expect((await found('after the switch'))[0]).toBe('even-later');
    expect(await found('word5', 'keyword')).toEqual([]);
    expect(await record.records.count(record.scope, name, {})).toBe(80);
  });

  it('refuses whoever still knows the collection that served before, who then finds the new one', async () => {
    await fill(40);
    const other = replica();
    await other.get(record.scope, name, 'r1', EVERYTHING);
    await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.settle();
    await other.get(record.scope, name, 'r1', EVERYTHING);
    await reembedding.service.switch(record.scope, name);
    await put([{ id: 'r1', text: 'newer' }], other);
    expect((await record.records.get(record.scope, name, 'r1', EVERYTHING)).text).toBe('newer');
    expect((await found('newer'))[0]).toBe('r1');
    const third = replica();
    await third.get(record.scope, name, 'r1', EVERYTHING);
    await reembedding.service.rollback(record.scope, name);
    await put([{ id: 'r1', text: 'newest' }]);
    expect((await third.get(record.scope, name, 'r1', EVERYTHING)).text).toBe('newest');
  });

  it('switches under a stream of writes without losing or failing one', async () => {
    await fill(60);
    await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.settle();
    let isOver = false;
    let written = 0;
    const writer = async (who: string, through: RecordsService): Promise<void> => {
      for (let index = 0; !isOver; index += 1, written += 1) {
        await put([{ id: `${who}${index}`, text: `${who} says ${index}` }], through);
        expect((await through.get(record.scope, name, `${who}${index}`, EVERYTHING)).text).toBe(`${who} says ${index}`);
      }
    };
    const searcher = async (): Promise<void> => {
      while (!isOver) expect((await found('word9'))[0]).toBe('r9');
    };
    const working = [writer('a', record.records), writer('b', replica()), searcher()];
    for (let round = 0; round < 3; round += 1) {
      await reembedding.service.switch(record.scope, name);
      await reembedding.service.rollback(record.scope, name);
    }
    await reembedding.service.switch(record.scope, name);
    isOver = true;
    await Promise.all(working);
    expect(written).toBeGreaterThan(0);
    expect(await record.records.count(record.scope, name, {})).toBe(60 + written);
    await reembedding.settle();
    const { backlog, standbyId } = await reembedding.service.get(record.scope, name);
    expect(backlog.waiting).toBe(0);
    const { rows } = await record.database.system.query<{ count: number }>(
      'select count(*)::int as count from zerodb_vectors where collection_id = $1',
      [standbyId],
    );
    expect(rows[0]?.count).toBe(60 + written);
  });

  it('goes on where a worker died, and drops the writes of one that comes back late', async () => {
    await fill(100);
    const { shown } = await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.reembedder.work(AbortSignal.timeout(10_000));
    await reembedding.rows.claim('died', shown.id);
    expect(await reembedding.worker().work(AbortSignal.timeout(10_000))).toBe(false);
    await record.database.system.query(
      `update zerodb_reembeddings set lease_until = now() - interval '1 second' where id = $1`,
      [shown.id],
    );
    await reembedding.settle();
    expect(await reembedding.service.get(record.scope, name)).toMatchObject({ state: 'ready', filled: 100 });
    const late = await record.database.system.transaction((tx) => reembedding.rows.renewLease(tx, shown.id, 'died'));
    expect(late).toBe(false);
  });

  it('says what stands in the way of a switch', async () => {
    await fill(10);
    await record.records.upsert(record.scope, name, [{ id: 'bare', vector: Array.from({ length: 16 }, () => 1) }]);
    await expect(reembedding.service.begin(record.scope, name, 'nothing')).rejects.toMatchObject({ status: 422 });
    await expect(reembedding.service.begin(record.scope, name, FIRST)).rejects.toMatchObject({ status: 422 });
    await reembedding.service.begin(record.scope, name, OTHER);
    await expect(reembedding.service.switch(record.scope, name)).rejects.toMatchObject({ status: 409 });
    await reembedding.settle();
    expect((await reembedding.service.get(record.scope, name)).backlog).toMatchObject({ waiting: 1, refused: 1 });
    await expect(reembedding.service.switch(record.scope, name)).rejects.toThrow(/no text/);
    await put([{ id: 'after', text: 'writes go on' }]);
    await record.records.delete(record.scope, name, 'bare');
    await reembedding.service.switch(record.scope, name);
    expect(await model()).toBe(OTHER);
  });

  it('leaves nothing behind when it is dropped, or the collection is', async () => {
    await fill(40);
    await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.settle();
    await reembedding.service.drop(record.scope, name);
    await expect(reembedding.service.get(record.scope, name)).rejects.toMatchObject({ status: 404 });
    await put([{ id: 'x', text: 'still there' }]);
    await reembedding.service.begin(record.scope, name, OTHER);
    await reembedding.settle();
    await reembedding.service.switch(record.scope, name);
    await record.collections.delete(record.scope, name);
    await reembedding.settle();
    const { rows } = await record.database.system.query(
      `select (select count(*)::int from zerodb_reembeddings where name = $1) as pairs,
         (select count(*)::int from zerodb_collections where name like '@standby%' and dimension = 16) as twins`,
      [name],
    );
    expect(rows[0]).toMatchObject({ pairs: 0 });
  });
};

describe('re-embedding on the embedded database', suite('embedded'));
describeWith(services.postgresUrl)('re-embedding on a Postgres server', suite('server'));
