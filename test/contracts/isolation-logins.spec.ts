import { Client } from 'pg';
import { openDatabase } from '../../src/database/open-database';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { makeLogin, type TestLogin } from '../support/logins';
import { describeWith, services } from '../support/services';

const ROLE_AS_ITS_MAKER_HAS_IT = (login: string): string =>
  `GRANT zerodb_app TO ${login} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE`;

/** Real: a Postgres server, with logins that have no more rights than each case says. */
describeWith(services.postgresUrl)('the database login', () => {
  const admin = services.postgresUrl ?? '';
  let login: TestLogin;
  let database: SessionDatabase | undefined;

  beforeAll(async () => {
    // Its tests share the server's one role.
    const maker = await makeLogin(admin);
    await maker.administer(
      `DO $$ BEGIN CREATE ROLE zerodb_app NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    );
    await maker.drop();
  });
  afterEach(async () => {
    await database?.close();
    database = undefined;
    await login.drop();
  });

  const open = async (url = login.url): Promise<SessionDatabase> =>
    (database = await openDatabase({ engine: 'server', url }));

  /** As one project, as the system, and as the bare login: what each sees of two projects' collections. */
  const seen = async (db: SessionDatabase): Promise<Record<string, unknown>> => {
    const insert = `INSERT INTO zerodb_collections (project_id, name, dimension, metric, settings) VALUES ($1, 'c', 3, 'dot', '{}')`;
    const { rows } = await db.system.query<{ id: number }>(
      `INSERT INTO zerodb_projects (name) VALUES ('a'), ('b') RETURNING id`,
    );
    const [a, b] = rows.map(({ id }) => ({ projectId: id, projectName: '' }));
    if (!a || !b) throw new Error('no projects');
    for (const scope of [a, b]) await db.query(scope, insert, [scope.projectId]);
    await db.system.query('SELECT zerodb_create_partitions(7)');
    const vector = `INSERT INTO zerodb_vectors_7 (collection_id, project_id, id, embedding, embedded_from, metadata, words)
      VALUES (7, $1, $2, '[1]', 'vector', '{}', '{}')`;
    for (const scope of [a, b]) await db.query(scope, vector, [scope.projectId, `${scope.projectId}`]);
    const count = async (read: (sql: string) => Promise<{ rowCount: number }>): Promise<number[]> => [
      (await read('SELECT FROM zerodb_collections')).rowCount,
      (await read('SELECT FROM zerodb_vectors_7')).rowCount,
    ];
    const refused = await db.query(a, insert.replace(`'c'`, `'d'`), [b.projectId]).catch((error: unknown) => error);
    return {
      project: await count((sql) => db.query(a, sql)),
      system: await count((sql) => db.system.query(sql)),
      refused: (refused as { code?: string }).code,
    };
  };
  const APART = { project: [1, 1], system: [2, 2], refused: '42501' };

  const bare = async (): Promise<number> => {
    const client = new Client({ connectionString: login.url });
    await client.connect();
    try {
      return (await client.query('SELECT FROM zerodb_collections')).rowCount ?? 0;
    } finally {
      await client.end();
    }
  };

  it('without the role does not start, says which statement to run, and starts after it', async () => {
    login = await makeLogin(admin);
    const refusal = await open().catch((error: unknown) => error);
    const message = refusal instanceof Error ? refusal.message : '';
    expect(message).toContain('does not start');
    expect(await login.administer(`SELECT to_regclass('zerodb_keys') AS made`)).toEqual([{ made: null }]);
    const statements = message.split('\n').flatMap((line) => /^ {2}(.*;)$/.exec(line)?.[1] ?? []);
    expect(statements).toEqual([`GRANT zerodb_app TO ${login.name};`]);
    await login.administer(...statements);
    const db = await open();
    expect(await seen(db)).toEqual(APART);
    expect(db.warnings()).toEqual([]);
  });

  it('that lost its role and settings sees nothing, owner or not', async () => {
    login = await makeLogin(admin);
    await login.administer(`GRANT zerodb_app TO ${login.name}`);
    expect(await seen(await open())).toEqual(APART);
    expect(await bare()).toBe(0);
  });

  it('that may make roles takes the right to act as the one it made', async () => {
    login = await makeLogin(admin, 'CREATEROLE');
    await login.administer(ROLE_AS_ITS_MAKER_HAS_IT(login.name));
    expect(await seen(await open())).toEqual(APART);
  });

  it('that is a superuser, or is above row-level security, works and is warned about', async () => {
    login = await makeLogin(admin, 'SUPERUSER');
    const db = await open();
    expect(await seen(db)).toEqual(APART);
    expect(db.warnings()).toEqual([expect.stringContaining('is a superuser') as string]);
    await login.administer(`ALTER ROLE ${login.name} NOSUPERUSER BYPASSRLS`, `GRANT zerodb_app TO ${login.name}`);
    await db.close();
    expect((await open()).warnings()).toEqual([expect.stringContaining('BYPASSRLS') as string]);
  });

  it("that is not the owner must have the owner's rights; its partitions serve the owner too", async () => {
    login = await makeLogin(admin);
    const owner = await makeLogin(admin);
    try {
      await login.administer(
        `GRANT zerodb_app TO ${owner.name}, ${login.name}`,
        `ALTER DATABASE ${login.name} OWNER TO ${owner.name}`,
      );
      const asOwner = new URL(owner.url);
      asOwner.pathname = `/${login.name}`;
      const first = await open(asOwner.href);
      const refusal = await open().catch((error: unknown) => error);
      expect((refusal as Error).message).toContain(`GRANT ${owner.name} TO ${login.name};`);
      await login.administer(`GRANT ${owner.name} TO ${login.name}`);
      expect(await seen(await open())).toEqual(APART);
      expect((await first.system.query('SELECT FROM zerodb_vectors_7')).rowCount).toBe(2);
      await first.close();
    } finally {
      await database?.close();
      await login.drop();
      await owner.drop();
    }
  });

  it('gets back what a database lost: guards, policies and grants', async () => {
    login = await makeLogin(admin);
    await login.administer(`GRANT zerodb_app TO ${login.name}`);
    await (await open()).close();
    await login.administer(
      'ALTER TABLE zerodb_keys NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY',
      'DROP POLICY zerodb_system ON zerodb_files',
      'DROP POLICY zerodb_scope ON zerodb_vectors',
      'REVOKE ALL ON ALL TABLES IN SCHEMA public FROM zerodb_app',
    );
    expect(await seen(await open())).toEqual(APART);
    expect(await bare()).toBe(0);
  });

  it('does not start beside a policy that shows more', async () => {
    login = await makeLogin(admin);
    await login.administer(`GRANT zerodb_app TO ${login.name}`);
    await (await open()).close();
    await login.administer('CREATE POLICY all_of_it ON zerodb_files USING (true)');
    await expect(open()).rejects.toThrow('DROP POLICY "all_of_it" ON zerodb_files;');
  });
});
