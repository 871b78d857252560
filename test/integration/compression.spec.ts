import { CopyStore } from '../../src/followers/copy-store';
import { vectorIndexName } from '../../src/collections/adapters/pgvector/vector-sql';
import { recordsTable } from '../../src/collections/collection';
import { sleep } from '../../src/common/sleep';
import type { Scheme } from '../../src/collections/compression/compression-state';
import { METRICS } from '../../src/collections/metric';
import { parseFilter } from '../../src/common/filter';
import { clustered, openCompression } from '../support/compression';
import { IDS_ONLY, openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const DIMENSION = 64;
const RECORDS = 3_000;

/** Real: the database, records, search, and all of compression. */
const suite = (engine: 'embedded' | 'server') => () => {
  let record: OpenRecord;
  let compression: ReturnType<typeof openCompression>;
  const vectors = clustered(RECORDS, DIMENSION);
  let serial = 0;

  beforeAll(async () => {
    record = await openRecord(engine);
    compression = openCompression(record);
  });
  afterAll(async () => await record.drop());

  const fill = async (name: string, rows: readonly number[][] = vectors): Promise<void> => {
    for (let from = 0; from < rows.length; from += 500) {
      const page = rows.slice(from, from + 500);
      const records = page.map((vector, i) => ({ id: `r${from + i}`, vector, metadata: { half: (from + i) % 2 } }));
      await record.records.upsert(record.scope, name, records);
    }
  };
  const made = async (definition: object, rows = vectors): Promise<string> => {
    serial += 1;
    const name = `c${serial}`;
    await record.collections.put(record.scope, name, { dimension: DIMENSION, ...definition });
    await fill(name, rows);
    return name;
  };
  const search = async (name: string, vector: readonly number[] | undefined, more = {}) => {
    const { collection } = await record.collections.get(record.scope, name);
    const query = { vector: vector ?? [], limit: 10, exact: false, include: IDS_ONLY, ...more };
    return await record.vectors.search(record.scope, collection, query);
  };
  const patch = async (name: string, scheme: Scheme, target_recall?: number) =>
    await record.collections.patch(record.scope, name, { compression: { scheme, target_recall } });
  const indexesOf = async (name: string): Promise<string[]> => {
    const { collection } = await record.collections.get(record.scope, name);
    const { rows } = await record.database.system.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where tablename = $1 and indexdef like '%hnsw%'`,
      [`zerodb_vectors_${collection.id}`],
    );
    return rows.map(({ indexdef }) => indexdef);
  };
  const report = async (name: string) => await compression.service.report(record.scope, name);
  const latest = async () => (await record.operations.list(record.scope, 1))[0];
  const recallOf = async (name: string, queries = 40): Promise<number> => {
    let found = 0;
    for (let at = 0; at < queries; at += 1) {
      const exact = await search(name, vectors[at * 7], { exact: true });
      const ids = new Set((await search(name, vectors[at * 7])).map(({ id }) => id));
      found += exact.filter(({ id }) => ids.has(id)).length;
    }
    return found / queries / 10;
  };

  it('changes a living collection beside what serves, and back', async () => {
    const name = await made({});
    await record.indexes.build((await record.collections.get(record.scope, name)).collection);
    const [before] = await indexesOf(name);
    expect(before).toContain('vector_cosine_ops');
    await patch(name, 'binary', 0.95);
    expect(await report(name)).toMatchObject({ state: 'changing' });
    expect(await indexesOf(name)).toEqual([before]);
    expect((await search(name, vectors[3]))[0]?.id).toBe('r3');

    await compression.settle();
    const after = await report(name);
    expect(after).toMatchObject({ state: 'serving', collection: { settings: { index: { codes: { kind: 'bit' } } } } });
    expect(await latest()).toMatchObject({ kind: 'compression', state: 'succeeded', result: { index: 'binary' } });
    const [index, ...others] = await indexesOf(name);
    expect(index).toContain('bit_hamming_ops');
    // Half as long as in 32 bits: before Postgres 18 it has to fit into a page.
    expect(index).toContain('::halfvec)::vector');
    expect(others).toEqual([]);
    expect(await recallOf(name)).toBeGreaterThanOrEqual(0.95);

    await patch(name, 'none');
    await compression.settle();
    expect(await indexesOf(name)).toEqual([expect.stringContaining('vector_cosine_ops')]);
    expect(await recallOf(name)).toBeGreaterThanOrEqual(0.95);
  });

  it.each(METRICS)('gives the metric’s own scores, by %s', async (metric) => {
    const name = await made({ metric, compression: { scheme: 'binary', target_recall: 0.5 } });
    await compression.settle();
    for (const at of [0, 101, 2_003]) {
      const exact = await search(name, vectors[at], { exact: true, limit: 20 });
      const scores = new Map(exact.map(({ id, score }) => [id, score]));
      const hits = await search(name, vectors[at], { limit: 20 });
      expect(hits).toHaveLength(20);
      const common = hits.filter(({ id }) => scores.has(id));
      expect(common.length).toBeGreaterThan(0);
      for (const { id, score } of common) expect(score).toBe(scores.get(id));
      expect(hits.map(({ id }) => id).filter((id) => scores.has(id))).toEqual(
        exact.map(({ id }) => id).filter((id) => common.some((hit) => hit.id === id)),
      );
    }
  });

  it('agrees with the uncompressed search whenever the candidates contain the truth', async () => {
    const name = await made({ compression: { scheme: 'binary', target_recall: 0.9 } });
    await compression.settle();
    const { collection } = await record.collections.get(record.scope, name);
    const { index } = collection.settings;
    if (index?.codes.kind !== 'bit') throw new Error('It is not compressed.');
    // All of them are candidates.
    const codes = { ...index.codes, candidates: { for10: RECORDS, for100: RECORDS } };
    const whole = { ...collection, settings: { ...collection.settings, index: { ...index, codes } } };
    for (let at = 0; at < 20; at += 1) {
      const query = { vector: vectors[at * 31] ?? [], limit: 10, include: IDS_ONLY };
      const exact = await record.vectors.search(record.scope, collection, { ...query, exact: true });
      expect(await record.vectors.search(record.scope, whole, { ...query, exact: false })).toEqual(exact);
    }
  });

  it('finds what is written during and after a change, filters, excludes and takes thresholds', async () => {
    const name = await made({ compression: { scheme: 'binary', target_recall: 0.9 } });
    await compression.settle();
    const vector = vectors[11] ?? [];
    await record.records.upsert(record.scope, name, [{ id: 'fresh', vector }]);
    await record.records.upsert(record.scope, name, [{ id: 'r12', vector, metadata: { half: 9 } }]);
    expect((await search(name, vector)).slice(0, 3).map(({ id }) => id)).toEqual(['fresh', 'r11', 'r12']);
    const filter = parseFilter({ half: 9 }, { basePath: '/filter' });
    expect((await search(name, vector, { filter })).map(({ id }) => id)).toEqual(['r12']);
    const rest = await search(name, vector, { excludeIds: ['fresh', 'r11', 'r12'] });
    expect(rest).toHaveLength(10);
    const bound = rest[4]?.score;
    expect(await search(name, vector, { scoreThreshold: bound, excludeIds: ['fresh', 'r11', 'r12'] })).toEqual(
      rest.slice(0, 5),
    );
    await record.records.delete(record.scope, name, 'r11');
    await record.indexes.build((await record.collections.get(record.scope, name)).collection);
    expect((await search(name, vector)).slice(0, 2).map(({ id }) => id)).toEqual(['fresh', 'r12']);
  });

  it('lets auto take the smallest that keeps the recall', async () => {
    const near = await made({ compression: { scheme: 'auto', target_recall: 0.9 } });
    const noise = clustered(RECORDS, 8, { clusters: 1, spread: 1, offset: 0 });
    const far = await made({ dimension: 8, compression: { scheme: 'auto', target_recall: 0.999 } }, noise);
    await compression.settle();
    expect((await report(near)).collection.settings.index?.codes.kind).toBe('bit');
    expect((await report(far)).collection.settings.index?.codes.kind).toBe('halfvec');
    expect(await recallOf(near)).toBeGreaterThanOrEqual(0.9);
    const { measured } = await report(near);
    expect(measured?.measurement).toMatchObject({ records: RECORDS, sampled: RECORDS });
    expect(measured?.measurement.verified?.recall).toBeGreaterThanOrEqual(0.9);
  });

  it('refuses bits that lose too much, and what served goes on', async () => {
    const noise = clustered(RECORDS, 8, { clusters: 1, spread: 1, offset: 0 });
    const name = await made({ dimension: 8 }, noise);
    await patch(name, 'binary', 0.999);
    await compression.settle();
    expect(await report(name)).toMatchObject({ state: 'refused', reason: expect.stringContaining('0.999') as string });
    expect(await latest()).toMatchObject({ state: 'failed', error: { code: 'not_met' } });
    expect(await indexesOf(name)).toEqual([expect.stringContaining('vector_cosine_ops')]);
    await patch(name, 'none');
    expect(await report(name)).toMatchObject({ state: 'serving', reason: null });
  });

  it('refuses numbers that the codes can’t hold, and indexes that Postgres has no room for', async () => {
    const name = await made({}, [...vectors, vectors[0]?.map(() => 70_000) ?? []]);
    await patch(name, 'half');
    await compression.settle();
    expect(await report(name)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('can’t hold') as string,
    });
    expect(await latest()).toMatchObject({ state: 'failed', error: { code: 'not_met' } });
    const tooLarge = Object.assign(new Error('row is too big: size 8736, maximum size 8160'), { code: '54000' });
    const create = jest.spyOn(compression.changer, 'create').mockRejectedValueOnce(tooLarge);
    await patch(name, 'int8');
    await compression.settle();
    create.mockRestore();
    expect(await report(name)).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('no room') as string,
    });
    expect(await indexesOf(name)).toEqual([expect.stringContaining('vector_cosine_ops')]);
    expect((await search(name, vectors[3]))[0]?.id).toBe('r3');
  });

  it('takes effect when there are enough records, although few were measured', async () => {
    const name = await made({ compression: { scheme: 'auto', target_recall: 0.9 } }, vectors.slice(0, 100));
    await compression.service.measure(record.scope, name);
    await compression.settle();
    expect((await report(name)).measured?.measurement.records).toBe(100);
    await fill(name);
    await compression.settle();
    expect(await report(name)).toMatchObject({
      state: 'serving',
      collection: { settings: { index: { codes: { kind: 'bit' } } } },
    });
  });

  it('asks the built index for others when the measured records are gone', async () => {
    const name = await made({ compression: { scheme: 'binary', target_recall: 0.5 } });
    await compression.settle();
    const { collection } = await record.collections.get(record.scope, name);
    const { index } = collection.settings;
    if (index?.codes.kind !== 'bit') throw new Error('It is not compressed.');
    const narrow = { ...index, codes: { ...index.codes, candidates: { for10: 10, for100: 100 } } };
    const signal = AbortSignal.timeout(60_000);
    const { estimate } = await compression.changer.verify(collection, narrow, ['gone'], 0, signal);
    expect(estimate?.recall).toBeGreaterThan(0.1);
    expect(estimate?.recall).toBeLessThan(1);
  });

  it('takes long vectors without a centre: the expression of the index stays short', async () => {
    const { collection } = await record.collections.put(record.scope, 'centred', { dimension: 1_601 });
    await record.records.upsert(record.scope, 'centred', [{ id: 'a', vector: Array.from({ length: 1_601 }, () => 1) }]);
    expect(await compression.rows.centre(collection, 1)).toEqual([]);
  });

  it('builds an index beside a transaction that takes longer than locks are waited for', async () => {
    const { collection } = await record.collections.put(record.scope, 'beside', { dimension: 2 });
    const reading = record.database.system.transaction(async (tx) => {
      await tx.query(`select count(*) from ${recordsTable(collection)}`);
      await sleep(2_500);
    });
    const build = { build: 1, codes: { kind: 'halfvec' } } as const;
    await compression.changer.create(collection, build);
    await reading;
    const { rows } = await record.database.system.query<{ valid: boolean }>(
      'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
      [vectorIndexName(collection, 1)],
    );
    expect(rows).toEqual([{ valid: true }]);
  });

  it('does not change an operation that has ended', async () => {
    const { id } = await record.operations.create(record.scope, 'compression', 'ended');
    await record.operations.updateRunning(record.scope, id, 'succeeded', { result: 1 });
    await record.operations.updateRunning(record.scope, id, 'failed', { error: 2 });
    expect(await record.operations.get(record.scope, id)).toMatchObject({ state: 'succeeded', result: 1 });
  });

  it('ends a change when the former compression is set again', async () => {
    const name = await made({});
    await patch(name, 'half');
    const operation = await latest();
    await patch(name, 'none');
    expect(await record.operations.get(record.scope, operation?.id ?? '')).toMatchObject({
      state: 'failed',
      error: { code: 'cancelled' },
    });
    await compression.settle();
    expect(await report(name)).toMatchObject({ state: 'serving' });
    expect(await indexesOf(name)).toEqual([expect.stringContaining('vector_cosine_ops')]);
  });

  it('goes on where an interrupted change stopped', async () => {
    const name = await made({});
    await patch(name, 'half');
    const stop = new AbortController();
    const { changer } = compression;
    const fill = jest.spyOn(changer, 'fill').mockImplementation(() => {
      stop.abort();
      return Promise.reject(new Error('stopped'));
    });
    await compression.settle(stop.signal);
    fill.mockRestore();
    expect((await report(name)).state).toBe('changing');
    expect((await indexesOf(name)).length).toBe(2);
    await record.database.system.query('update zerodb_compressions set run_after = now()');
    await compression.settle();
    expect(await report(name)).toMatchObject({ state: 'serving' });
    expect(await indexesOf(name)).toEqual([expect.stringContaining('halfvec_cosine_ops')]);
  });

  it('survives a collection that is dropped while it is measured', async () => {
    const name = await made({});
    await patch(name, 'binary');
    const operation = await latest();
    const settling = compression.settle();
    await record.collections.delete(record.scope, name);
    await settling;
    expect(await record.operations.get(record.scope, operation?.id ?? '')).toMatchObject({ state: 'failed' });
  });

  it('compares few records exactly, whatever the scheme', async () => {
    const name = await made({}, vectors.slice(0, 100));
    await patch(name, 'binary');
    await compression.settle();
    expect(await report(name)).toMatchObject({ state: 'waiting' });
    expect(await latest()).toMatchObject({ state: 'succeeded', result: { index: 'exact' } });
    expect(await recallOf(name, 10)).toBe(1);
  });

  it('refuses what no index takes', async () => {
    await record.collections.put(record.scope, 'long', { dimension: 1_500 });
    await record.collections.put(record.scope, 'longer', { dimension: 5_000, compression: { scheme: 'binary' } });
    await expect(patch('longer', 'half')).rejects.toMatchObject({ status: 422 });
    const ivfflat = { type: 'ivfflat' as const, lists: 10 };
    await expect(
      record.collections.put(record.scope, 'lists', {
        dimension: 8,
        vector_index: ivfflat,
        compression: { scheme: 'auto' },
      }),
    ).rejects.toMatchObject({ status: 422 });
    await expect(
      record.collections.put(record.scope, 'long', { compression: { scheme: 'half' } }),
    ).rejects.toMatchObject({
      status: 409,
    });
  });

  it('has a new copy made in Qdrant for other codes, while the old one serves', async () => {
    const name = await made({}, vectors.slice(0, 10));
    const { id } = (await record.collections.get(record.scope, name)).collection;
    await record.database.system.query(
      `insert into zerodb_followers (name, storage_id) values ('qdrant', 's') on conflict do nothing`,
    );
    const copies = new CopyStore(record.database, 'qdrant');
    const states = async (): Promise<string[]> => {
      await copies.planBuilds({ collectionId: id });
      const { rows } = await record.database.system.query<{ state: string; compression: string }>(
        'select state, compression from zerodb_copies where collection_id = $1 order by state desc, compression',
        [id],
      );
      return rows.map(({ state, compression: codes }) => `${state} ${codes}`);
    };
    expect(await states()).toEqual(['building none']);
    await record.database.system.query(`update zerodb_copies set state = 'serving' where collection_id = $1`, [id]);
    await patch(name, 'half');
    expect(await states()).toEqual(['serving none']);
    await patch(name, 'int8');
    expect(await states()).toEqual(['serving none', 'building int8']);
    expect(await states()).toEqual(['serving none', 'building int8']);
    expect((await report(name)).copy).toBe('none');
    await record.database.system.query(`delete from zerodb_followers where name = 'qdrant'`);
  });

  it('compresses the twin of a collection that gets another model, too', async () => {
    const name = await made({}, vectors.slice(0, 10));
    const twin = await made({}, vectors.slice(0, 10));
    const { collection } = await record.collections.get(record.scope, name);
    await record.database.system.query(
      `insert into zerodb_reembeddings (id, project_id, name, active_id, standby_id, from_model, to_model, state)
       select 'twin', $1, $2, $3, c.id, 'a', 'b', 'ready' from zerodb_collections c where c.name = $4`,
      [record.scope.projectId, name, collection.id, twin],
    );
    await patch(name, 'half');
    expect((await report(twin)).collection.settings.compression).toMatchObject({ scheme: 'half' });
    await compression.settle();
    expect(await indexesOf(twin)).toEqual([expect.stringContaining('halfvec_cosine_ops')]);
    expect(await indexesOf(name)).toEqual([expect.stringContaining('halfvec_cosine_ops')]);
    await record.database.system.query(`delete from zerodb_reembeddings where id = 'twin'`);
  });

  it('measures when asked, and changes nothing', async () => {
    const name = await made({});
    const begun = await compression.service.measure(record.scope, name);
    expect((await compression.service.measure(record.scope, name)).id).toBe(begun.id);
    await compression.settle();
    expect(await record.operations.get(record.scope, begun.id)).toMatchObject({ state: 'succeeded' });
    const { measured, state } = await report(name);
    expect(state).toBe('serving');
    const half = measured?.measurement.curve.find(({ scheme }) => scheme === 'half');
    expect(half?.recall).toBeGreaterThan(0.99);
    const bits =
      measured?.measurement.curve.filter(({ scheme, results }) => scheme === 'binary' && results === 10) ?? [];
    expect(bits.map(({ recall }) => recall)).toEqual(bits.map(({ recall }) => recall).sort((a, b) => a - b));
  });
};

describe('compression on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('compression on a Postgres server', suite('server'));
