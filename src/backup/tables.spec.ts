import manifest from '../database/schema-manifest.json';
import { backedUp, EXCLUDED_TABLES, REPLACED, type TableShape } from './tables';

/** The default partition of the log is backed up with its parent. */
const PARTITION = 'zerodb_events_rest';
const tables = manifest.filter(({ kind, name }) => kind === 'table' && name !== PARTITION).map(({ name }) => name);
const columnsOf = (table: string): string[] =>
  manifest.filter((one) => one.kind === 'column' && one.table === table).map(({ name }) => name.split('.')[1] ?? '');

/** Columns that describe work in progress. A new one must be replaced in backups, or named here. */
const WORK = /lease|^holder$|^leased_to$/;

describe('the tables of a backup', () => {
  it('are all tables of the schema but those that are left out with a reason', () => {
    const shapes: TableShape[] = tables.map((name) => ({ name, columns: [], key: [], parents: [] }));
    const names = backedUp(shapes).map(({ name }) => name);
    expect([...names, ...Object.keys(EXCLUDED_TABLES)].sort()).toEqual(
      [...new Set([...tables, 'zerodb_migrations'])].sort(),
    );
    for (const reason of Object.values(EXCLUDED_TABLES)) expect(reason.length).toBeGreaterThan(20);
  });

  it('hold no lease', () => {
    for (const table of tables.filter((name) => !(name in EXCLUDED_TABLES)))
      expect({ table, leases: columnsOf(table).filter((name) => WORK.test(name)) }).toEqual({
        table,
        leases: Object.keys(REPLACED[table] ?? {})
          .filter((name) => WORK.test(name))
          .sort(),
      });
  });

  it('replace columns that exist', () => {
    for (const [table, columns] of Object.entries(REPLACED))
      expect(columnsOf(table)).toEqual(expect.arrayContaining(Object.keys(columns)));
  });

  it('come after those that they refer to', () => {
    const shape = (name: string, parents: string[]): TableShape => ({ name, columns: [], key: [], parents });
    const names = backedUp([shape('a', ['c']), shape('b', []), shape('c', ['b'])]).map(({ name }) => name);
    expect(names).toEqual(['b', 'c', 'a']);
  });
});
