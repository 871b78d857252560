import { Client } from 'pg';
import { scheduleTableRemoval } from '../../src/database/dropped-collections';
import { CopyStore } from '../../src/followers/copy-store';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { describeWith, services } from '../support/services';

const FOLLOWER = 'qdrant';

/** Needs a real server: two sessions at once. */
describeWith(services.postgresUrl)('copies of a dropped collection', () => {
  let test: TestDatabase;
  let other: Client;
  let collection: number;

  const query = async <T extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly T[]> =>
    (await test.database.system.query<T>(sql, values)).rows;
  const states = async (): Promise<readonly string[]> =>
    (await query<{ state: string }>('select state from zerodb_copies order by epoch')).map(({ state }) => state);
  const addCopy = (epoch: string, state: string): Promise<unknown> =>
    query(
      `insert into zerodb_copies (follower, collection_id, project_id, epoch, state)
       select $1, id, project_id, $2, $3 from zerodb_collections`,
      [FOLLOWER, epoch, state],
    );

  beforeEach(async () => {
    test = await openTestDatabase('server');
    const { url } = test.options as { url: string };
    other = new Client({ connectionString: url });
    await other.connect();
    await query(`insert into zerodb_followers (name, storage_id) values ($1, 's')`, [FOLLOWER]);
    const rows = await query<{ id: number }>(
      `insert into zerodb_collections (project_id, name, dimension, metric, settings)
       select id, 'c', 2, 'cosine', '{}' from zerodb_projects limit 1 returning id`,
    );
    collection = Number(rows[0]?.id);
    await query('select zerodb_create_partitions($1)', [collection]);
    await addCopy('a', 'serving');
  });

  afterEach(async () => {
    await other.end();
    await test.drop();
  });

  const drop = (): Promise<void> =>
    test.database.system.transaction(async (tx) => {
      await tx.query('delete from zerodb_collections where id = $1', [collection]);
      await scheduleTableRemoval(tx, [collection]);
    });

  it('are retired when the drift meter changes one while the drop waits for it', async () => {
    await other.query('begin');
    await other.query('update zerodb_copies set stepped_at = now()');
    const dropping = drop();
    await eventually(
      () => query(`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`),
      (waiting) => waiting.length > 0,
    );
    await other.query('commit');
    await dropping;
    expect(await states()).toEqual(['retired']);
  });

  it('are retired later when a build was planned during the drop', async () => {
    await other.query('begin');
    await other.query(
      `insert into zerodb_copies (follower, collection_id, project_id, epoch, state)
       select $1, id, project_id, 'b', 'building' from zerodb_collections`,
      [FOLLOWER],
    );
    await drop();
    await other.query('commit');
    expect(await states()).toEqual(['retired', 'building']);
    const copies = new CopyStore(test.database, FOLLOWER);
    expect(await copies.retireDropped()).toBe(1);
    expect(await states()).toEqual(['retired', 'retired']);
    expect(await copies.retireDropped()).toBe(0);
  });
});
