import manifest from '../../src/database/schema-manifest.json';
import { checkDrift, fixDrift, generateManifest } from '../../src/database/drift/drift';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { describeWith, services } from '../support/services';

function driftSuite(engine: 'embedded' | 'server'): void {
  let opened: TestDatabase;

  beforeAll(async () => {
    opened = await openTestDatabase(engine);
    await opened.database.system.query('SELECT zerodb_create_partitions(7)');
    await opened.database.system.query(
      `SELECT zerodb_create_event_partition('zerodb_events_w20200106', '2020-01-06Z', '2020-01-13Z')`,
    );
  });
  afterAll(() => opened.drop());

  const objects = async (): Promise<string[]> =>
    (await checkDrift(opened.database)).map(({ kind, object }) => `${kind} ${object}`);

  it('finds the manifest current', async () => {
    expect(await generateManifest(opened.database)).toEqual(manifest);
    expect(await objects()).toEqual([]);
  });

  it('names what differs, and repairs what is safe', async () => {
    const { system } = opened.database;
    await system.query('DROP INDEX zerodb_keys_project');
    await system.query('ALTER TABLE zerodb_keys DISABLE ROW LEVEL SECURITY');
    await system.query('DROP POLICY zerodb_scope ON zerodb_vectors_7');
    await system.query('ALTER POLICY zerodb_scope ON zerodb_operations USING (true)');
    await system.query('ALTER TABLE zerodb_keys DROP COLUMN revoked_at');
    await system.query('ALTER TABLE zerodb_keys ADD COLUMN note text');
    await system.query('DROP FUNCTION zerodb_drop_partitions(int)');
    await system.query('ALTER TABLE zerodb_operations ALTER COLUMN state DROP NOT NULL');
    await system.query('ALTER TABLE zerodb_collections DROP CONSTRAINT zerodb_collections_dimension_check');
    const unsafe = ['different column zerodb_operations.state', 'extra column zerodb_keys.note'];
    const repairable = [
      'different policy zerodb_operations.zerodb_scope',
      'different table zerodb_keys',
      'missing column zerodb_keys.revoked_at',
      'missing constraint zerodb_collections.zerodb_collections_dimension_check',
      'missing function zerodb_drop_partitions(collection integer)',
      'missing index zerodb_keys_project',
      'missing policy zerodb_vectors_7.zerodb_scope',
    ];
    expect((await objects()).sort()).toEqual([...unsafe, ...repairable].sort());

    const { fixed, left } = await fixDrift(opened.database);
    expect(fixed.map(({ kind, object }) => `${kind} ${object}`).sort()).toEqual(repairable);
    expect(left.map(({ kind, object }) => `${kind} ${object}`).sort()).toEqual(unsafe);
    expect((await objects()).sort()).toEqual(unsafe);
  });

  it('calls a lost table fatal', async () => {
    await opened.database.system.query('DROP TABLE zerodb_idempotency');
    const drifts = await checkDrift(opened.database);
    expect(drifts.find(({ object }) => object === 'table zerodb_idempotency')).toMatchObject({
      kind: 'missing',
      fatal: true,
      safe: false,
    });
  });
}

describe('schema drift of the embedded Postgres', () => driftSuite('embedded'));
describeWith(services.postgresUrl)('schema drift of a Postgres server', () => driftSuite('server'));
