import { setTimeout as pause } from 'node:timers/promises';
import { moveSlowFilters } from '../../src/collections/advice/build-requests';
import { parseFilter } from '../../src/common/filter';
import type { Scope } from '../../src/common/scope';
import { filterFields } from '../../src/collections/advice/filter-fields';
import { metadataIndexName } from '../../src/database/filter/metadata-index';
import { SlowFiltersRepository, type SlowFilter } from '../../src/collections/advice/slow-filters.repository';
import type { Collection } from '../../src/collections/collection';
import { connectDatabase } from '../../src/database/open-database';
import { clustered } from '../support/compression';
import { IDS_ONLY, openRecord, recordOn, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const DIMENSION = 8;
const RECORDS = 3_000;
const RARE = { field: 'rare', type: 'number' as const };

/** Real: the database, searches, the notes of them, the builds. Times are given, so that nothing depends on the machine. */
const suite = (engine: 'embedded' | 'server') => () => {
  let record: OpenRecord;
  let serial = 0;
  const vectors = clustered(RECORDS, DIMENSION, { clusters: 10 });
  /** With records. What tests noted and built on it is undone. */
  const name = 'shared';

  beforeAll(async () => {
    record = await openRecord(engine);
    await record.collections.put(record.scope, name, { dimension: DIMENSION, embedding_model: null });
    for (let from = 0; from < RECORDS; from += 500) {
      const rows = vectors.slice(from, from + 500).map((vector, i) => ({
        id: `r${from + i}`,
        vector,
        metadata: { rare: (from + i) % 200, kind: 'all', tags: [`t${i % 5}`], 'a.b': { 'c\\d': (from + i) % 150 } },
      }));
      await record.records.upsert(record.scope, name, rows);
    }
    await record.indexes.build(await record.collections.resolve(record.scope, name));
  }, 60_000);
  afterAll(async () => await record.drop());
  afterEach(async () => {
    await record.slow.flush();
    await record.database.system.query('delete from zerodb_slow_filters');
    await record.collections.patch(record.scope, name, { indexes: [] });
  });

  /** Without records. */
  const empty = async (indexes: readonly { field: string; type: 'string' }[] = []): Promise<Collection> => {
    serial += 1;
    await record.collections.put(record.scope, `c${serial}`, { dimension: 2, embedding_model: null, indexes });
    return await record.collections.resolve(record.scope, `c${serial}`);
  };
  const rows = (): SlowFiltersRepository => new SlowFiltersRepository(record.database);
  const slowBy = (field: string): SlowFilter => ({
    field,
    type: 'string',
    operators: ['$eq'],
    searches: 1,
    totalMs: 50,
    worstMs: 50,
    selectedShare: 0.001,
    indexShare: 0.001,
    records: 100_000,
    totalCost: 13_000,
  });
  /** Notes a slow filter, and asks for its index. Returns the operation. */
  const requested = async (collection: Collection, field: string): Promise<string> => {
    await rows().add(record.scope, collection, slowBy(field));
    return String(await rows().request(collection, { field, type: 'string' }));
  };
  const operation = async (id: string) => await record.operations.get(record.scope, id);
  const indexNames = async ({ id }: Collection): Promise<string[]> => {
    const sql = `select indexname::text as name from pg_indexes where tablename = $1 and indexname like '%\\_m\\_%'`;
    const { rows: found } = await record.database.system.query<{ name: string }>(sql, [`zerodb_vectors_${id}`]);
    return found.map((one) => one.name);
  };

  /** A search as it is, noted as if it had taken so long. */
  const searched = async (filter: object, ms = 40): Promise<void> => {
    const { collection } = await record.collections.get(record.scope, name);
    const node = parseFilter(filter, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter: node };
    const { filter: report } = await record.vectors.answer(record.scope, collection, query);
    if (report) record.slow.note(record.scope, collection, node, report, ms);
  };
  const advice = async (scope: Scope = record.scope) => await record.advice.advise(scope, name);
  const built = async (): Promise<void> => await record.metadataIndexes.buildAll(AbortSignal.timeout(60_000));
  const indexesOf = async (of = name) => (await record.collections.get(record.scope, of)).collection.settings.indexes;
  const rareIndex = async (): Promise<{ table: string; index: string }> => {
    const { id } = await record.collections.resolve(record.scope, name);
    return { table: `zerodb_vectors_${id}`, index: metadataIndexName(`zerodb_vectors_${id}`, RARE) };
  };
  const retryNow = async (): Promise<void> =>
    void (await record.database.system.query('update zerodb_slow_filters set run_after = now()'));

  it('names the fields that were filtered slowly, and what an index would do', async () => {
    expect(await advice()).toEqual([]);
    await searched({ rare: 7 }, 40);
    await searched({ rare: { $gte: 199 } }, 60);
    await searched({ kind: 'all', tags: 't1' }, 10);
    await searched({ 'a\\.b.c\\\\d': 3 }, 20);
    const [rare, field, ...others] = await advice();
    expect(rare).toMatchObject({
      seen: { field: 'rare', type: 'number', operators: ['$eq', '$gte'], searches: 2, totalMs: 100, worstMs: 60 },
      meanMs: 50,
      action: 'create_index',
    });
    expect(rare?.expectedMs).toBeLessThan(25);
    expect(rare?.seen.indexShare).toBeLessThan(0.05);
    expect(field).toMatchObject({ seen: { field: 'a\\.b.c\\\\d' }, action: 'create_index' });
    // One value for all, and arrays: an index would hand over everything.
    expect(others.map(({ seen, action, expectedMs }) => [seen.field, action, expectedMs])).toEqual([
      ['kind', 'none', 10],
      ['tags', 'none', 10],
    ]);
  });

  it('does not remember what was fast, values of filters, or what no index answers', async () => {
    await searched({ rare: 7 }, 1);
    await searched({ kind: { $exists: true } });
    await searched({ $or: [{ rare: 1 }, { kind: { $exists: false } }] });
    await searched({ $not: { rare: 3 } });
    expect(await advice()).toEqual([]);
    await searched({ kind: 'a value that nobody stores' });
    await record.slow.flush();
    const { rows: kept } = await record.database.system.query('select s::text as line from zerodb_slow_filters s');
    expect(JSON.stringify(kept)).not.toContain('nobody stores');
  });

  it('adds up what replicas saw, and keeps it', async () => {
    await Promise.all([searched({ rare: 7 }, 30), searched({ rare: 8 }, 50)]);
    await record.slow.flush();
    await searched({ rare: { $in: [1, 2] } }, 10);
    expect(await advice()).toMatchObject([
      { seen: { searches: 3, totalMs: 90, worstMs: 50, operators: ['$eq', '$in'] } },
    ]);
  });

  it('makes room for another field by forgetting what was not slow for a week', async () => {
    const collection = await empty();
    await record.database.system.query(
      `insert into zerodb_slow_filters (collection_id, project_id, field, type, operators, searches, total_ms, worst_ms, selected_share,
         index_share, records, total_cost, last_at)
       select $1, $2, 'f' || n, 'string', '{$eq}', 1, 1, 1, 1, 1, 1, 1, now() - n * interval '1 hour' from generate_series(1, 100) n`,
      [collection.id, record.scope.projectId],
    );
    await rows().add(record.scope, collection, slowBy('new'));
    // None of them is as old.
    expect((await rows().list(record.scope, collection)).map(({ field }) => field)).not.toContain('new');
    await record.database.system.query(`update zerodb_slow_filters set last_at = last_at - interval '5 days'`);
    await rows().add(record.scope, collection, slowBy('new'));
    const fields = (await rows().list(record.scope, collection)).map(({ field }) => field);
    expect(fields).toContain('new');
    expect(fields).toContain('f1');
    expect(fields).not.toContain('f100');
  });

  it('builds what is advised, in the background, once, and searches use it', async () => {
    await searched({ rare: 7 }, 40);
    await searched({ kind: 'all' }, 10);
    const [first] = await Promise.all([
      record.advice.apply(record.scope, name),
      record.advice.apply(record.scope, name),
    ]);
    const id = first.find(({ seen }) => seen.field === 'rare')?.seen.operation ?? '';
    expect(await advice()).toMatchObject([{ action: 'building', seen: { operation: id } }, { action: 'none' }]);
    expect(await indexesOf()).toEqual([]);
    await Promise.all([built(), built()]);
    expect(await indexesOf()).toEqual([RARE]);
    expect(await operation(id)).toMatchObject({
      kind: 'index_build',
      state: 'succeeded',
      result: { indexed: RECORDS, ...RARE },
    });
    const { collection } = await record.collections.get(record.scope, name);
    const filter = parseFilter({ rare: 7 }, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter };
    expect((await record.vectors.answer(record.scope, collection, query)).filter?.plan.choice).toBe('exact_over_index');
    // What is indexed is no longer advised.
    await searched({ rare: 7 });
    expect((await advice()).map(({ seen }) => seen.field)).toEqual(['kind']);
  });

  it('goes on when the process that built it died', async () => {
    await searched({ rare: 7 });
    await record.advice.apply(record.scope, name);
    await record.database.system.query(
      `update zerodb_slow_filters set lease_token = 'gone', lease_until = clock_timestamp() + interval '1 hour'`,
    );
    await built();
    expect(await indexesOf()).toEqual([]);
    await record.database.system.query(
      `update zerodb_slow_filters set lease_until = clock_timestamp() - interval '1 second'`,
    );
    const { table, index } = await rareIndex();
    // An index that was left unfinished can only be made by hand on a server, where builds are concurrent.
    if (engine === 'server') {
      await record.database.system.query(`create index ${index} on ${table} (id)`);
      await record.database.system.query(
        `update pg_index set indisvalid = false where indexrelid = '${index}'::regclass`,
      );
    }
    await built();
    expect(await indexesOf()).toEqual([RARE]);
    const { rows: found } = await record.database.system.query<{ indexdef: string }>(
      'select indexdef from pg_indexes where indexname = $1',
      [index],
    );
    expect(found[0]?.indexdef).toContain('zerodb_index_number');
  });

  it('builds one index of a collection at a time', async () => {
    const collection = await empty();
    await requested(collection, 'a');
    await requested(collection, 'b');
    const first = await rows().take('one');
    expect(first).toBeDefined();
    expect(await rows().take('two')).toBeUndefined();
    await rows().declare('one', first as NonNullable<typeof first>, 0);
    expect(await rows().take('two')).toBeDefined();
  });

  it('leaves no index where the collection can have no more', async () => {
    const indexes = Array.from({ length: 32 }, (_, at) => ({ field: `f${at}`, type: 'string' as const }));
    const collection = await empty(indexes);
    const names = await indexNames(collection);
    const id = await requested(collection, 'another');
    await built();
    expect(await operation(id)).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    expect(await indexNames(collection)).toEqual(names);
    expect(await indexesOf(collection.name)).toEqual(indexes);
  });

  it('forgets a dropped collection, and ends what was to be built on it', async () => {
    const collection = await empty();
    const id = await requested(collection, 'rare');
    await record.collections.delete(record.scope, collection.name);
    expect(await operation(id)).toMatchObject({ state: 'failed', error: { code: 'cancelled' } });
    await built();
    await expect(record.advice.advise(record.scope, collection.name)).rejects.toMatchObject({ status: 404 });
    await expect(record.advice.apply(record.scope, collection.name)).rejects.toMatchObject({ status: 404 });
  });

  it('goes along when another collection takes the place of one', async () => {
    const [from, to] = [await empty(), await empty()];
    const id = await requested(from, 'rare');
    const other = await requested(to, 'other');
    await rows().take('old');
    await record.database.system.transaction((tx) => moveSlowFilters(tx, from.id, to.id));
    expect(await operation(other)).toMatchObject({ state: 'failed' });
    await built();
    expect(await operation(id)).toMatchObject({ state: 'succeeded' });
    expect(await indexesOf(to.name)).toEqual([{ field: 'rare', type: 'string' }]);
    expect(await indexesOf(from.name)).toEqual([]);
  });

  it('tells no other project', async () => {
    await searched({ rare: 7 });
    await record.slow.flush();
    const stranger = await record.project(`stranger-${engine}`);
    await expect(advice(stranger)).rejects.toMatchObject({ status: 404 });
    await record.collections.put(stranger, name, { dimension: DIMENSION, embedding_model: null });
    expect(await advice(stranger)).toEqual([]);
    const { rows: seen } = await record.database.query(stranger, 'select * from zerodb_slow_filters');
    expect(seen).toEqual([]);
  });

  if (engine === 'embedded') return;

  /** A transaction that a concurrent build has to wait for. */
  const writer = async () => {
    const { session, release } = await record.database.dedicated();
    const ask = async (sql: string): Promise<void> => void (await session.query(sql, undefined, 20_000));
    const { table } = await rareIndex();
    await ask('begin');
    await ask(`lock table ${table} in row exclusive mode`);
    const end = async (): Promise<void> => (await ask('rollback'), await release());
    return { ask, end, table };
  };
  const begun = async (): Promise<void> => {
    const { index } = await rareIndex();
    const sql = 'select from pg_class where oid = to_regclass($1)';
    while ((await record.database.system.query(sql, [index])).rowCount === 0) await pause(10);
  };

  it('is built again after a deadlock, which leaves an index that is not complete', async () => {
    await searched({ rare: 7 });
    await record.advice.apply(record.scope, name);
    const { ask, end, table } = await writer();
    const building = built();
    await begun();
    // The build waits for no connection of the pool.
    expect(record.database.connections().find(({ pool }) => pool === 'system')).toMatchObject({ used: 0 });
    // Whoever waits longer finds the deadlock: the build.
    await ask(`lock table ${table} in share update exclusive mode`);
    await end();
    await building;
    expect(await indexesOf()).toEqual([]);
    expect(await advice()).toMatchObject([{ action: 'building' }]);
    await retryNow();
    await built();
    expect(await indexesOf()).toEqual([RARE]);
  });

  it('is left to others by a process that stops, which waits for nothing', async () => {
    await searched({ rare: 7 });
    await record.advice.apply(record.scope, name);
    const { end } = await writer();
    const database = await connectDatabase(record.options);
    const replica = await recordOn(database, record.embeddings);
    const stop = new AbortController();
    const building = replica.metadataIndexes.buildAll(stop.signal);
    await begun();
    stop.abort(new Error('stopping'));
    const stoppedAt = performance.now();
    await building;
    await database.close();
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    await end();
    await retryNow();
    await built();
    expect(await indexesOf()).toEqual([RARE]);
  });
};

describe('index advice on the embedded engine', suite('embedded'));
describeWith(services.postgresUrl)('index advice on a server', suite('server'));

describe('the fields that an index could serve', () => {
  const fieldsOf = (filter: object): string[] =>
    filterFields(parseFilter(filter, { basePath: '/filter' })).map(
      ({ index, operator }) => `${index.field} ${index.type} ${operator}`,
    );

  it.each([
    [{ a: 'x' }, ['a string $eq']],
    [{ a: { $in: [1, 2] }, b: true }, ['a number $in', 'b boolean $eq']],
    [{ a: { $gte: '2024-01-01T00:00:00Z' } }, ['a datetime $gte']],
    [{ $and: [{ a: { $lt: 3 } }, { $and: [{ 'b.c': 'x' }] }] }, ['a number $lt', 'b.c string $eq']],
    [{ a: { $in: [1, 'x'] } }, []],
    [{ a: { $in: [] } }, []],
    [{ '@id': 'x' }, []],
    [{ a: { $ne: 1 } }, []],
    [{ $or: [{ a: 1 }, { b: 1 }] }, []],
    [{ a: { $elemMatch: { b: 1 } } }, []],
    [{ ['n'.repeat(300)]: 1 }, []],
    [
      Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`f${at}`, 1])),
      Array.from({ length: 8 }, (_, at) => `f${at} number $eq`),
    ],
  ])('of %j', (filter, wanted) => {
    expect(fieldsOf(filter)).toEqual(wanted);
  });
});
