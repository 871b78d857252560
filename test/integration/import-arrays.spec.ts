import { importArrays, type ArrayRow } from '../../src/database/import-arrays';
import { openTestDatabase, type TestDatabase } from '../support/database';

describe('reading embeddings kept as arrays of floats', () => {
  let opened: TestDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase('embedded');
    const { system } = opened.database;
    await system.query('CREATE SCHEMA "Old App"');
    await system.query(
      'CREATE TABLE "Old App"."do""cs" (id int PRIMARY KEY, "em bedding" real[], title text, tags jsonb, at timestamptz)',
    );
    await system.query(
      `INSERT INTO "Old App"."do""cs"
       SELECT i, CASE WHEN i % 500 = 0 THEN NULL ELSE ARRAY[i, 0.5]::real[] END, 'title ' || i, '["a"]', '2026-01-01Z'
       FROM generate_series(-1, 2400) i`,
    );
  });
  afterAll(() => opened.drop());

  const table = 'Old App.do"cs';

  it('gives every row with a vector once, in pages', async () => {
    const rows: ArrayRow[] = [];
    const pages: number[] = [];
    const sink = async (page: readonly ArrayRow[]): Promise<void> => {
      rows.push(...page);
      pages.push(page.length);
    };
    const result = await importArrays(opened.database, { table, column: 'em bedding' }, sink);
    expect(result).toEqual({ read: 2397, skipped: 5, total: 2402 });
    expect(pages).toHaveLength(3);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2397);
    expect(rows[0]).toEqual({
      id: '-1',
      vector: [-1, 0.5],
      metadata: { title: 'title -1', tags: ['a'], at: expect.stringContaining('2026-01-01T00:00:00') as string },
    });
  });

  it('takes another column as the id', async () => {
    const ids: string[] = [];
    await importArrays(opened.database, { table, column: 'em bedding', idColumn: 'title' }, async (page) => {
      ids.push(...page.map(({ id }) => id));
    });
    expect(ids).toHaveLength(2397);
    expect(ids).toContain('title 7');
  });

  it.each([
    [{ table: 'nowhere', column: 'x' }, 'no table "nowhere"'],
    [{ table: 'x"; DROP TABLE zerodb_keys; --', column: 'x' }, 'no table'],
    [{ table, column: 'nothing' }, 'no column "nothing"'],
    [{ table, column: 'title' }, 'not an array of floats'],
    [{ table, column: 'em bedding', idColumn: 'nothing' }, 'no column "nothing"'],
  ])('refuses %j', async (source, message) => {
    await expect(importArrays(opened.database, source, async () => undefined)).rejects.toMatchObject({
      status: 422,
      faults: [{ message: expect.stringContaining(message) as string }],
    });
  });
});
