import type { Executor } from '../../src/database/database.port';
import { SQL_READY, sqlRoleStatements } from '../../src/database/isolation/sql-role';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { makeLogin, type TestLogin } from '../support/logins';
import { openDatabase } from '../../src/database/open-database';
import { describeWith, services } from '../support/services';

const READ_ONLY = /is not allowed in a non-volatile function|permission denied for table/;
const NO_CURSOR = /is not allowed in a non-volatile function|cannot open .* query as cursor/;
const OURS = { projectId: 1, projectName: 'default' };

/** Real: the database and its migrations. The parser, the first wall, is left out: this is what stands behind it. */
function suite(engine: 'embedded' | 'server'): void {
  let opened: TestDatabase;
  let theirs: number;
  beforeAll(async () => {
    opened = await openTestDatabase(engine);
    const { system } = opened.database;
    const { rows } = await system.query<{ id: number }>(
      `insert into zerodb_projects (name) values ('other') returning id`,
    );
    theirs = rows[0]?.id ?? 0;
    for (const [collection, project] of [
      [101, OURS.projectId],
      [102, theirs],
    ]) {
      await system.query('select zerodb_create_partitions($1)', [collection]);
      await system.query(
        `insert into zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, text, metadata, words)
         values ($1, $2, 'a', '[1]', 'vector', 'text', '{}', '{}')`,
        [collection, project],
      );
    }
  });
  afterAll(() => opened.drop());

  const asked = (statement: string, before?: (tx: Executor) => Promise<unknown>): Promise<string[]> =>
    opened.database.transaction(OURS, async (tx) => {
      await tx.query(`select set_config('zerodb.sql_ticket', zerodb_sql_ticket($1), true)`, [OURS.projectId]);
      await before?.(tx);
      const sql = 'select line from zerodb_sql_rows($1, $2::jsonb, 1000) as line';
      const { rows } = await tx.query<{ line: string }>(sql, [statement, '{}']);
      return rows.map(({ line }) => line);
    });

  it('is ready, and reads the own rows', async () => {
    const { rows } = await opened.database.system.query<{ ready: boolean }>(SQL_READY);
    expect(rows).toEqual([{ ready: true }]);
    expect(await asked('select id from zerodb_vectors_101')).toEqual(['a']);
    expect(await asked('select current_user::text')).toEqual(['zerodb_sql']);
  });

  it.each([
    [`select set_config('role', 'none', false)`, /cannot set parameter "role" within security-definer/],
    [`select set_config('role', 'zerodb_app', true)`, /cannot set parameter "role" within security-definer/],
    [`select set_config('role', 'postgres', false)`, /cannot set parameter "role" within security-definer/],
    [`select set_config('session_authorization', 'default', false)`, /cannot set parameter "session_authorization"/],
    [`select zerodb_sql_ticket(1)`, /permission denied for function zerodb_sql_ticket/],
    [`select hash::text from zerodb_keys`, /permission denied for table zerodb_keys/],
    [`select value::text from zerodb_settings`, /permission denied for table zerodb_settings/],
    [`select id::text from zerodb_vectors`, /permission denied for table zerodb_vectors/],
    [`select name from zerodb_projects`, /permission denied for table zerodb_projects/],
    [`select term::text from zerodb_postings_101`, /permission denied for table zerodb_postings_101/],
    [`insert into zerodb_vectors_101 default values returning id`, READ_ONLY],
    [`delete from zerodb_vectors_101 returning id`, READ_ONLY],
    [`with gone as (delete from zerodb_vectors_101 returning id) select id from gone`, READ_ONLY],
    [`select id from zerodb_vectors_101 for update`, READ_ONLY],
    [`select pg_read_file('/etc/passwd')`, /permission denied for function pg_read_file/],
    [`select rolpassword from pg_authid`, /permission denied for table pg_authid/],
    [`set role none`, /SET is not allowed in a non-volatile function|cannot open SET query as cursor/],
    [`create table intruder (a int)`, NO_CURSOR],
    [`create temp table intruder (a int)`, NO_CURSOR],
    [`truncate zerodb_vectors_101`, NO_CURSOR],
    [`grant zerodb_sql to zerodb_app`, NO_CURSOR],
    [`copy (select 1) to program 'id'`, /cannot open COPY|cannot open multi-query plan|COPY/],
  ])('refuses %s', async (statement, message) => {
    await expect(asked(statement)).rejects.toThrow(message);
  });

  it('has no right to write, whatever the function is', async () => {
    const { rows } = await opened.database.system.query<{ name: string }>(
      `select c.relname::text as name from pg_class c where c.relnamespace = current_schema()::regnamespace
         and c.relkind in ('r', 'p', 'v', 'm', 'f')
         and has_table_privilege('zerodb_sql', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')`,
    );
    expect(rows).toEqual([]);
  });

  it('shows no row of another project, whatever a statement sets', async () => {
    const set = (name: string, value: string): string => `select set_config('${name}', '${value}', false)`;
    const attempts = [
      [],
      [set('zerodb.project_id', String(theirs))],
      [set('zerodb.project_id', String(theirs)), set('zerodb.sql_ticket', `${theirs}.forged`)],
      [set('zerodb.sql_ticket', `${theirs}.`), set('zerodb.system', 'on')],
      [set('row_security', 'off')],
    ];
    for (const settings of attempts) {
      const within = `select id from zerodb_vectors_102 where (${settings.map((each) => `(${each}) is not null`).join(' and ') || 'true'})`;
      const seen = await asked(within).catch(() => []);
      expect([settings, seen]).toEqual([settings, []]);
      // The same, when the settings were made before.
      const again = await asked('select id from zerodb_vectors_102', async (tx) => {
        for (const each of settings) await tx.query(each);
      }).catch(() => []);
      expect([settings, again]).toEqual([settings, []]);
    }
  });

  it('guards a table that a database of an earlier version has, at the next start', async () => {
    const { system } = opened.database;
    await system.query('drop policy zerodb_sql on zerodb_vectors_101');
    await system.query('revoke select on zerodb_vectors_101 from zerodb_sql');
    await expect(asked('select id from zerodb_vectors_101')).rejects.toThrow(/permission denied|row-level security/);
    if (opened.options.engine === 'embedded') await opened.database.close();
    const again = await openDatabase(opened.options);
    const { rows } = await again.system.query(
      `select has_table_privilege('zerodb_sql', 'zerodb_vectors_101', 'select') as readable,
         exists (select from pg_policy where polname = 'zerodb_sql' and polrelid = 'zerodb_vectors_101'::regclass) as bound`,
    );
    await again.close();
    expect(rows).toEqual([{ readable: true, bound: true }]);
  });
}

describe('the role for SQL in the embedded Postgres', () => suite('embedded'));
describeWith(services.postgresUrl)('the role for SQL on a Postgres server', () => {
  suite('server');

  it('does not wait for a table behind a long reader, and tries again', async () => {
    const opened = await openTestDatabase('server');
    const { system } = opened.database;
    await system.query('select zerodb_create_partitions(103)');
    await system.query('drop policy zerodb_sql on zerodb_vectors_103');
    const startedAt = performance.now();
    const reading = opened.database.transaction(OURS, async (tx) => {
      await tx.query('select 1 from zerodb_vectors_103');
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const again = await openDatabase(opened.options);
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
    await reading;
    const { rows } = await again.system.query(
      `select 1 as bound from pg_policy where polname = 'zerodb_sql' and polrelid = 'zerodb_vectors_103'::regclass`,
    );
    expect(rows).toEqual([{ bound: 1 }]);
    await again.close();
    await opened.drop();
  });

  describe('with a login that is no superuser', () => {
    let login: TestLogin;
    beforeAll(async () => {
      login = await makeLogin(services.postgresUrl ?? '');
      await login.administer(`GRANT zerodb_app TO ${login.name}`);
    });
    afterAll(() => login.drop());

    it('starts without the role, and is ready once an administrator has granted it', async () => {
      expect(await isReady(login)).toBe(false);
      await login.administer(`GRANT zerodb_sql TO ${login.name}`);
      expect(await isReady(login)).toBe(true);
    });
  });

  describe('with a login that does not own the schema', () => {
    let login: TestLogin;
    beforeAll(async () => {
      login = await makeLogin(services.postgresUrl ?? '');
      await login.administer(
        `GRANT zerodb_app TO ${login.name}`,
        'ALTER SCHEMA public OWNER TO CURRENT_USER',
        `GRANT USAGE, CREATE ON SCHEMA public TO ${login.name}`,
      );
    });
    afterAll(() => login.drop());

    it('is ready once an administrator has run what the answer of 503 says', async () => {
      await login.administer(`GRANT zerodb_sql TO ${login.name}`);
      expect(await isReady(login)).toBe(false);
      const statements = sqlRoleStatements(login.name).split('; ');
      await login.administer(...statements.filter((each) => !each.startsWith('CREATE ROLE')));
      expect(await isReady(login)).toBe(true);
    });
  });
});

async function isReady({ url }: TestLogin): Promise<unknown> {
  const database = await openDatabase({ engine: 'server', url });
  const { rows } = await database.system.query<{ ready: boolean }>(SQL_READY);
  await database.close();
  return rows[0]?.ready;
}
