import { parseFilter } from '../../src/common/filter';
import type { Scope } from '../../src/common/scope';
import { filterFields } from '../../src/collections/advice/filter-fields';
import { metadataIndexName } from '../../src/database/filter/metadata-index';
import { clustered } from '../support/compression';
import { IDS_ONLY, openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const DIMENSION = 16;
const RECORDS = 3_000;

/** Real: the database, searches, the notes of them, the builds. Times are given, so that nothing depends on the machine. */
const suite = (engine: 'embedded' | 'server') => () => {
  let record: OpenRecord;
  let serial = 0;
  const vectors = clustered(RECORDS, DIMENSION, { clusters: 10 });

  beforeAll(async () => {
    record = await openRecord(engine);
  });
  afterAll(async () => await record.drop());

  const made = async (scope: Scope = record.scope): Promise<string> => {
    serial += 1;
    const name = `c${serial}`;
    await record.collections.put(scope, name, { dimension: DIMENSION, embedding_model: null });
    for (let from = 0; from < RECORDS; from += 500) {
      const rows = vectors.slice(from, from + 500).map((vector, i) => ({
        id: `r${from + i}`,
        vector,
        metadata: { rare: (from + i) % 200, kind: 'all', tags: [`t${i % 5}`], 'a.b': { 'c\\d': (from + i) % 150 } },
      }));
      await record.records.upsert(scope, name, rows);
    }
    await record.indexes.build(await record.collections.resolve(scope, name));
    return name;
  };

  /** A search as it is, noted as if it had taken so long. */
  const searched = async (name: string, filter: object, ms = 40, scope: Scope = record.scope): Promise<void> => {
    const { collection } = await record.collections.get(scope, name);
    const node = parseFilter(filter, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter: node };
    const { filter: report } = await record.vectors.answer(scope, collection, query);
    if (report) record.slow.note(scope, collection, node, report, ms);
  };
  const advice = async (name: string, scope: Scope = record.scope) => await record.advice.advise(scope, name);
  const built = async (): Promise<void> => await record.metadataIndexes.buildAll(AbortSignal.timeout(60_000));
  const settingsOf = async (name: string) => (await record.collections.get(record.scope, name)).collection.settings;

  it('names the fields that were filtered slowly, and what an index would do', async () => {
    const name = await made();
    expect(await advice(name)).toEqual([]);
    await searched(name, { rare: 7 }, 40);
    await searched(name, { rare: { $gte: 199 } }, 60);
    await searched(name, { kind: 'all', tags: 't1' }, 10);
    await searched(name, { 'a\\.b.c\\\\d': 3 }, 20);
    const [rare, field, ...others] = await advice(name);
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
    const name = await made();
    await searched(name, { rare: 7 }, 1);
    await searched(name, { kind: { $exists: true } });
    await searched(name, { $or: [{ rare: 1 }, { kind: { $exists: false } }] });
    await searched(name, { $not: { rare: 3 } });
    expect(await advice(name)).toEqual([]);
    await searched(name, { kind: 'a value that nobody stores' });
    await record.slow.flush();
    const { rows } = await record.database.system.query('select s::text as line from zerodb_slow_filters s');
    expect(JSON.stringify(rows)).not.toContain('nobody stores');
  });

  it('adds up what replicas saw, and keeps it', async () => {
    const name = await made();
    await Promise.all([searched(name, { rare: 7 }, 30), searched(name, { rare: 8 }, 50)]);
    await record.slow.flush();
    await searched(name, { rare: { $in: [1, 2] } }, 10);
    expect(await advice(name)).toMatchObject([
      { seen: { searches: 3, totalMs: 90, worstMs: 50, operators: ['$eq', '$in'] } },
    ]);
  });

  it('builds what is advised, in the background, once, and searches use it', async () => {
    const name = await made();
    await searched(name, { rare: 7 }, 40);
    await searched(name, { kind: 'all' }, 10);
    const [first] = await Promise.all([
      record.advice.apply(record.scope, name),
      record.advice.apply(record.scope, name),
    ]);
    const operation = first.find(({ seen }) => seen.field === 'rare')?.seen.operation ?? '';
    expect(await advice(name)).toMatchObject([{ action: 'building', seen: { operation } }, { action: 'none' }]);
    expect((await settingsOf(name)).indexes).toEqual([]);
    await Promise.all([built(), built()]);
    expect((await settingsOf(name)).indexes).toEqual([{ field: 'rare', type: 'number' }]);
    expect(await record.operations.get(record.scope, operation)).toMatchObject({
      kind: 'index_build',
      state: 'succeeded',
    });
    const { collection } = await record.collections.get(record.scope, name);
    const filter = parseFilter({ rare: 7 }, { basePath: '/filter' });
    const query = { vector: vectors[0] ?? [], limit: 10, exact: false, include: IDS_ONLY, filter };
    expect((await record.vectors.answer(record.scope, collection, query)).filter?.plan.choice).toBe('exact_over_index');
    // What is indexed is no longer advised.
    await searched(name, { rare: 7 });
    expect((await advice(name)).map(({ seen }) => seen.field)).toEqual(['kind']);
  });

  it('goes on when the process that built it died', async () => {
    const name = await made();
    await searched(name, { rare: 7 });
    await record.advice.apply(record.scope, name);
    await record.database.system.query(
      `update zerodb_slow_filters set lease_token = 'gone', lease_until = clock_timestamp() + interval '1 hour'`,
    );
    await built();
    expect((await settingsOf(name)).indexes).toEqual([]);
    await record.database.system.query(
      `update zerodb_slow_filters set lease_until = clock_timestamp() - interval '1 second'`,
    );
    const { collection } = await record.collections.get(record.scope, name);
    const index = metadataIndexName(`zerodb_vectors_${collection.id}`, { field: 'rare', type: 'number' });
    // An index that was left unfinished can only be made by hand on a server, where builds are concurrent.
    if (engine === 'server') {
      await record.database.system.query(`create index ${index} on zerodb_vectors_${collection.id} (id)`);
      await record.database.system.query(
        `update pg_index set indisvalid = false where indexrelid = '${index}'::regclass`,
      );
    }
    await built();
    expect((await settingsOf(name)).indexes).toEqual([{ field: 'rare', type: 'number' }]);
    const { rows } = await record.database.system.query<{ indexdef: string }>(
      'select indexdef from pg_indexes where indexname = $1',
      [index],
    );
    expect(rows[0]?.indexdef).toContain('zerodb_index_number');
  });

  it('forgets a dropped collection, and what was to be built on it', async () => {
    const name = await made();
    await searched(name, { rare: 7 });
    await record.advice.apply(record.scope, name);
    await record.collections.delete(record.scope, name);
    await built();
    await expect(advice(name)).rejects.toMatchObject({ status: 404 });
    await expect(record.advice.apply(record.scope, name)).rejects.toMatchObject({ status: 404 });
  });

  it('tells no other project', async () => {
    const name = await made();
    await searched(name, { rare: 7 });
    const stranger = await record.project(`stranger-${engine}`);
    await expect(advice(name, stranger)).rejects.toMatchObject({ status: 404 });
    await record.collections.put(stranger, name, { dimension: DIMENSION, embedding_model: null });
    expect(await advice(name, stranger)).toEqual([]);
    const { rows } = await record.database.query(stranger, 'select * from zerodb_slow_filters');
    expect(rows).toEqual([]);
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
