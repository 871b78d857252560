import * as fc from 'fast-check';
import { Client } from 'pg';
import { compileFilter } from '../../src/database/filter/filter-sql';
import { metadataIndexDdl, type MetadataIndex } from '../../src/database/filter/metadata-index';
import { SqlParams } from '../../src/database/filter/sql-params';
import {
  indexedWords,
  matches,
  metadataFaults,
  parseFilter,
  type FilterDocument,
  type FilterNode,
  type GeoPoint,
} from '../../src/common/filter';
import { FILTER_FUNCTIONS_SQL } from '../../migrations/sql/filter-functions';
import { DATES, filterDocument, filterInput } from '../support/filter-arbitraries';
import { selects } from '../support/filter-oracle';
import { TestPglite } from '../support/pglite';
import { describeWith, services } from '../support/services';

/** Real: the SQL of the filter on both engines. Fake: the table, which has only the columns that filters read. */
interface Engine {
  exec(sql: string): Promise<void>;
  query(sql: string, params: unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const TABLE = `create table zerodb_filter_test (
  id text collate "C" primary key, text text, metadata jsonb not null, words text[] not null,
  version bigint not null, created_at timestamptz not null, updated_at timestamptz not null)`;

function openEmbedded(): Promise<Engine> {
  const db = new TestPglite();
  return Promise.resolve({
    exec: (sql) => db.exec(sql),
    query: async (sql, params) => (await db.query(sql, params)).rows,
    close: () => db.close(),
  });
}

async function openServer(url: string): Promise<Engine> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const schema = `filter_test_${process.pid}_${Date.now()}`;
  await client.query(`create schema ${schema}; set search_path to ${schema}, public`);
  return {
    exec: async (sql) => void (await client.query(sql)),
    query: async (sql, params) => (await client.query<Record<string, unknown>>(sql, params)).rows,
    close: async () => {
      await client.query(`drop schema ${schema} cascade`);
      await client.end();
    },
  };
}

const ROW: FilterDocument = {
  id: 'id0',
  text: null,
  metadata: { a: '2024-01-01T00:00:00Z', b: 1 },
  version: 1,
  created_at: '2024-01-01T00:00:00Z',
  updated_at: '2024-01-01T00:00:00Z',
};

function boxOf(west: number, south: number, east: number, north: number): GeoPoint[] {
  const corners = [west, south, east, south, east, north, west, north, west, south];
  return Array.from({ length: 5 }, (_, at) => ({ lon: corners[2 * at] ?? 0, lat: corners[2 * at + 1] ?? 0 }));
}

/** The same of the field `b` of an element. */
function inside(node: FilterNode): FilterNode {
  return 'path' in node ? { ...node, path: { keys: ['b'] } } : node;
}

async function store(engine: Engine, documents: readonly FilterDocument[]): Promise<void> {
  await engine.exec('truncate zerodb_filter_test');
  for (const each of documents) {
    const entries = indexedWords(each.metadata, each.text);
    const row = [
      each.id,
      each.text,
      JSON.stringify(each.metadata),
      entries,
      each.version,
      each.created_at,
      each.updated_at,
    ];
    await engine.query('insert into zerodb_filter_test values ($1, $2, $3::jsonb, $4::text[], $5, $6, $7)', row);
  }
}

const INDEXES = (['string', 'number', 'datetime', 'boolean'] as const).flatMap((type) =>
  ['a', 'b', 'a.a', 'x\\.y', 'b\\\\'].map((field) => ({ field, type })),
);

async function select(engine: Engine, input: unknown, indexes: readonly MetadataIndex[] = []): Promise<unknown[]> {
  return await selectBy(engine, parseFilter(input, { basePath: '/filter' }), indexes);
}

async function selectBy(engine: Engine, node: FilterNode, indexes: readonly MetadataIndex[] = []): Promise<unknown[]> {
  const params = new SqlParams();
  const condition = compileFilter(node, params, { indexes });
  const rows = await engine.query(`select id, ${condition} as held from zerodb_filter_test order by id`, params.values);
  expect(rows.every((row) => typeof row['held'] === 'boolean')).toBe(true);
  return rows.filter((row) => row['held'] === true).map((row) => row['id']);
}

function expected(documents: readonly FilterDocument[], input: unknown): string[] {
  const node = parseFilter(input, { basePath: '/filter' });
  for (const each of documents) {
    if (matches(node, each) !== selects(input, each))
      throw new Error(`The evaluator and the small print differ: ${JSON.stringify(input)} of ${JSON.stringify(each)}`);
  }
  return documents
    .filter((each) => matches(node, each))
    .map((each) => each.id)
    .sort();
}

const PLACES = [
  { lon: 13.4, lat: 52.5 },
  { lon: -0.1, lat: 51.5 },
  { lon: 179.9, lat: 0.1 },
  { lon: 'x', lat: 1 },
  // Numbers of which Postgres' arithmetic makes errors, and places that are nowhere.
  { lon: -179.9, lat: 1e-200 },
  { lon: 5e-324, lat: 5e-324 },
  { lon: 13, lat: 1e308 },
  { lon: 1.3, lat: 170 },
  { lon: 190, lat: 50 },
  { lon: 1 },
];
const SHAPES: readonly unknown[] = [
  ...[null, [], [null], [1, null], [[null], 1], 0, false, '', {}, [1, 2, 3], [[1, 2]]].map((a) => ({ a })),
  ...[null, [null, 2], 3, [], { c: null }].flatMap((b) => [{ a: { b } }, { a: [{ b }, { b: 1 }] }, { a: [[{ b }]] }]),
  ...PLACES.map((a) => ({ a })),
  { a: PLACES },
  { a: [{ b: PLACES[0] }] },
  { 'x.y "z"': { $: [null] } },
  {},
];
const LEAVES = ([['a'], ['a', 'b'], ['x.y "z"', '$'], ['nothing']] as const).flatMap((keys): FilterNode[] => [
  { kind: 'null', path: { keys } },
  { kind: 'count', path: { keys }, bounds: [] },
  { kind: 'count', path: { keys }, bounds: [{ op: 'gte', operand: 2 }] },
  {
    kind: 'count',
    path: { keys },
    bounds: [
      { op: 'gt', operand: 0 },
      { op: 'lte', operand: 1 },
    ],
  },
  { kind: 'count', path: { keys }, bounds: [{ op: 'lt', operand: 1 }] },
  { kind: 'geo', path: { keys }, area: { shape: 'circle', centre: { lon: 13, lat: 52 }, radius: 100_000 } },
  { kind: 'geo', path: { keys }, area: { shape: 'circle', centre: { lon: -179.9, lat: 0 }, radius: 100_000 } },
  { kind: 'geo', path: { keys }, area: { shape: 'circle', centre: { lon: 5e-324, lat: -1e-200 }, radius: 1 } },
  { kind: 'geo', path: { keys }, area: { shape: 'circle', centre: { lon: 0, lat: 90 }, radius: 3e7 } },
  { kind: 'geo', path: { keys }, area: { shape: 'polygon', outline: boxOf(-10, 40, 20, 60), holes: [] } },
  {
    kind: 'geo',
    path: { keys },
    area: { shape: 'polygon', outline: boxOf(-10, 40, 20, 60), holes: [boxOf(13, 52, 14, 53)] },
  },
]);
const SHAPE_FILTERS: readonly FilterNode[] = [
  ...LEAVES,
  ...LEAVES.map((node): FilterNode => ({ kind: 'not', node })),
  ...LEAVES.map((node): FilterNode => ({
    kind: 'elemMatch',
    path: { keys: ['a'] },
    of: 'objects',
    node: inside(node),
  })),
];

const FILTERS_PER_SET = 130;
/** On two engines, so 5,200 filters in all. */
const SETS = 20;

function suite(name: string, open: () => Promise<Engine>): void {
  describe(`the SQL of filters, ${name}`, () => {
    let engine: Engine;

    beforeAll(async () => {
      engine = await open();
      await engine.exec(FILTER_FUNCTIONS_SQL);
      await engine.exec(FILTER_FUNCTIONS_SQL);
      await engine.exec(TABLE);
      // On a filled table: an index is built with a bare search path.
      await store(engine, [ROW]);
      for (const index of INDEXES) await engine.exec(metadataIndexDdl('zerodb_filter_test', index));
    });
    afterAll(() => engine.close());

    it('selects what the reference evaluator selects', async () => {
      const counts = { cases: 0, some: 0 };
      const documents = fc.array(filterDocument, { minLength: 30, maxLength: 40 });
      const filters = fc.array(filterInput, { minLength: FILTERS_PER_SET, maxLength: FILTERS_PER_SET });
      const property = fc.asyncProperty(documents, filters, async (bare, inputs) => {
        const set = bare.map((each, index) => ({ ...each, id: `id${index}` }));
        await store(engine, set);
        for (const input of inputs) {
          const found = await select(engine, input, counts.cases % 2 === 0 ? [] : INDEXES);
          const wantedIds = expected(set, input);
          if (JSON.stringify(found) !== JSON.stringify(wantedIds))
            throw new Error(difference(input, set, found, wantedIds));
          counts.cases++;
          counts.some += found.length > 0 && found.length < set.length ? 1 : 0;
        }
      });
      await fc.assert(property, { numRuns: SETS, endOnFailure: true });
      expect(counts.cases).toBe(FILTERS_PER_SET * SETS);
      // Filters that select nothing or everything would prove little.
      expect(counts.some).toBeGreaterThan(500);
    });

    it('asks of the form of values as the evaluator does', async () => {
      const set = SHAPES.map((metadata, index) => ({ ...ROW, id: `id${100 + index}`, metadata: metadata as object }));
      await store(engine, set);
      for (const node of SHAPE_FILTERS) {
        const params = new SqlParams();
        const condition = compileFilter(node, params);
        const rows = await engine.query(`select id, ${condition} as held from zerodb_filter_test`, params.values);
        const held = rows.flatMap((row) => (row['held'] === true ? [String(row['id'])] : [])).sort();
        expect(rows.every((row) => typeof row['held'] === 'boolean')).toBe(true);
        expect({ node, held }).toEqual({ node, held: set.filter((each) => matches(node, each)).map(({ id }) => id) });
      }
    });

    it('takes the largest filter the parser admits', async () => {
      await store(engine, []);
      const deepPath = (index: number): string => [...Array(32).keys()].map((step) => `k${index}_${step}`).join('.');
      const conditions = [...Array(1_000).keys()].map((index) => ({ [deepPath(index)]: index }));
      expect(await select(engine, { $or: conditions })).toEqual([]);
      let nested: Record<string, unknown> = { a: 1 };
      for (let level = 0; level < 32; level++)
        nested = level % 2 === 0 ? { $not: nested } : { a: { $elemMatch: nested } };
      expect(await select(engine, nested)).toEqual([]);
    });

    it('finds parts of texts, which dialects alone ask for', async () => {
      const documents: FilterDocument[] = [
        { ...ROW, id: 'a', text: '100% Über_x', metadata: { s: ['xy', 1, [{ s: 'z' }]] } },
        { ...ROW, id: 'b', text: null, metadata: { s: 'a\\b' } },
        { ...ROW, id: 'c', text: 'über', metadata: { s: { s: 'xy' } } },
      ];
      await store(engine, documents);
      const texts = ['% Ü', 'ber', '_', 'x', 'y', '1', '\\', 'z'];
      const paths = [
        { field: '@text' },
        { field: '@id' },
        { field: '@version' },
        { keys: ['s'] },
        { keys: ['s', 's'] },
      ];
      for (const node of paths.flatMap((path) => texts.map((value) => ({ kind: 'substring', path, value }) as const))) {
        for (const filter of [node, { kind: 'not', node } as const]) {
          const wanted = documents.filter((each) => matches(filter, each)).map(({ id }) => id);
          expect({ filter, ids: await selectBy(engine, filter) }).toEqual({ filter, ids: wanted });
        }
      }
    });

    it('raises no error on deeply nested or odd documents', async () => {
      let deep: unknown = 'foo';
      for (let level = 0; level < 62; level++) deep = [deep];
      const odd: FilterDocument = {
        id: 'id0',
        text: null,
        metadata: { a: deep, b: '9999-99-99T99:99:99Z', '0': [[null, []], null] },
        version: 1,
        created_at: DATES[0] ?? '',
        updated_at: DATES[0] ?? '',
      };
      expect(metadataFaults(odd.metadata, '')).toEqual([]);
      await store(engine, [odd]);
      for (const input of [{ a: 'foo' }, { a: { $text: 'foo' } }, { '0': null }, { b: { $not: { $gt: DATES[0] } } }]) {
        expect(await select(engine, input)).toEqual(['id0']);
      }
    });
  });
}

function difference(input: unknown, set: readonly FilterDocument[], found: unknown[], wantedIds: string[]): string {
  const wrong = set.find((each) => found.includes(each.id) !== wantedIds.includes(each.id));
  const says =
    wrong && found.includes(wrong.id) ? 'SQL selects, the evaluator does not' : 'the evaluator selects, SQL does not';
  return `${JSON.stringify(input)}: ${says} ${JSON.stringify(wrong)}`;
}

suite('embedded', openEmbedded);

describeWith(services.postgresUrl)('with a server', () => {
  suite('server', () => openServer(services.postgresUrl ?? ''));
});
