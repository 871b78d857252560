import { openTestDatabase, type TestDatabase } from '../support/database';
import { describeWith, services } from '../support/services';

/** Tables without rows of projects that requests may read all the same. */
const READABLE = ['zerodb_followers'];

function gate(engine: 'embedded' | 'server'): void {
  let opened: TestDatabase;
  beforeAll(async () => {
    opened = await openTestDatabase(engine);
    await opened.database.system.query('SELECT zerodb_create_partitions(4711)');
    await opened.database.system.query(
      `SELECT zerodb_create_event_partition('zerodb_events_w20990105', '2099-01-05', '2099-01-12')`,
    );
  });
  afterAll(() => opened.drop());

  const column = async (sql: string): Promise<unknown[]> =>
    (await opened.database.system.query<{ name: string }>(sql)).rows.map(({ name }) => name);

  it('that hold rows of projects are forced under both policies, partitions too', async () => {
    const ours = `pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'project_id')`;
    const all = await column(`SELECT c.relname::text AS name FROM ${ours}`);
    expect(all).toEqual(
      expect.arrayContaining(['zerodb_vectors_4711', 'zerodb_postings_4711', 'zerodb_events_w20990105']),
    );
    const bad = await column(
      `SELECT c.relname::text AS name FROM ${ours} AND NOT (c.relrowsecurity AND c.relforcerowsecurity
         AND ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid
           AND NOT (p.polname = 'zerodb_sql' AND NOT p.polpermissive) ORDER BY 1)
           = ARRAY['zerodb_scope', 'zerodb_system'])`,
    );
    expect(bad).toEqual([]);
  });

  it('that do not say whose their rows are, are out of the reach of requests', async () => {
    const open = await column(
      `SELECT c.relname::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm')
         AND c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'zerodb%'
         AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'project_id')
         AND has_table_privilege('zerodb_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')`,
    );
    expect(open).toEqual(READABLE);
  });

  it("have no function with its owner's rights but those of SQL", async () => {
    expect(
      await column(`SELECT proname::text AS name FROM pg_proc WHERE prosecdef AND proname LIKE 'zerodb%' ORDER BY 1`),
      // Those that run users' statements, as a role that may read a few tables: decision 27.
    ).toEqual(['zerodb_sql_plan', 'zerodb_sql_project', 'zerodb_sql_rows', 'zerodb_sql_ticket']);
  });
}

describe('the tables of the embedded Postgres', () => gate('embedded'));
describeWith(services.postgresUrl)('the tables of a Postgres server', () => gate('server'));
