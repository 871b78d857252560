import { Client } from 'pg';
import { BackupRepository } from '../../src/backup/repository';
import { restoreBackup } from '../../src/backup/restore';
import { DroppedCollections } from '../../src/database/dropped-collections';
import { LISTENER_NAME } from '../../src/database/notifications';
import { scheduleTableRemoval } from '../../src/database/dropped-collections';
import { snapshotOf } from '../../src/backup/installation';
import { createBackup } from '../../src/backup/create';
import {
  backUp,
  makeCollection,
  openFolder,
  openInstallation,
  type Installation,
  type StorePlace,
} from '../support/backup';
import { describeWith, services } from '../support/services';

const RECORDS = 3_000;

/** Real: a server, and clients that write while it is backed up. Transfers keep the sum over two collections. */
describeWith(services.postgresUrl)('a backup under concurrent writes', () => {
  let source: Installation;
  let target: Installation;
  let place: StorePlace;
  let accounts: readonly [number, number];

  beforeAll(async () => {
    source = await openInstallation('server');
    target = await openInstallation('embedded', { migrated: false });
    place = await openFolder();
    accounts = [
      await makeCollection(source.database, 1, 'a', RECORDS),
      await makeCollection(source.database, 1, 'b', RECORDS),
    ];
  });
  afterAll(() => Promise.all([source.drop(), target.drop(), place.drop()]));

  const add = (table: number, id: number, amount: number): string =>
    `update zerodb_vectors_${table} set version = nextval('zerodb_version'),
       metadata = jsonb_set(metadata, '{balance}', to_jsonb((metadata->>'balance')::int + ${amount})) where id = 'r${id}'`;

  const transfers = (): { readonly end: () => Promise<number> } => {
    let isRunning = true;
    let done = 0;
    const one = async (): Promise<void> => {
      while (isRunning) {
        const [from, to] = [1, 2].map(() => 1 + Math.floor(Math.random() * RECORDS));
        await source.database.system.transaction(async (tx) => {
          await tx.query(add(accounts[0], from ?? 1, -7));
          await tx.query(add(accounts[1], to ?? 1, 7));
        });
        done += 1;
      }
    };
    const running = one();
    return {
      end: async () => {
        isRunning = false;
        await running;
        return done;
      },
    };
  };

  it('is of one instant', async () => {
    const writing = transfers();
    const { summary } = await backUp(source, place.objects);
    await restoreBackup(await BackupRepository.open(place.objects, undefined), summary.id, target);
    expect(await writing.end()).toBeGreaterThan(20);
    const sums = await Promise.all(
      accounts.map(async (id) => {
        const sql = `select sum((metadata->>'balance')::int)::int as sum, count(*)::int as count from zerodb_vectors_${id}`;
        return (await target.database.system.query<{ sum: number; count: number }>(sql)).rows[0];
      }),
    );
    expect(sums.map((one) => one?.count)).toEqual([RECORDS, RECORDS]);
    expect((sums[0]?.sum ?? 0) + (sums[1]?.sum ?? 0)).toBe(2 * RECORDS * 100);
  });

  it('is not restored while a server or a backup works with the target', async () => {
    const { summary } = await backUp(source, place.objects);
    const repository = await BackupRepository.open(place.objects, undefined);
    const other = await openInstallation('server');
    const url = other.options.engine === 'server' ? other.options.url : '';
    const listener = new Client({ connectionString: url, application_name: LISTENER_NAME });
    await listener.connect();
    await expect(restoreBackup(repository, summary.id, other)).rejects.toThrow('Stop every server');
    await listener.end();
    const snapshot = await snapshotOf(other.database);
    await expect(restoreBackup(repository, summary.id, other)).rejects.toThrow('A backup of the target is being made');
    await snapshot.close();
    await restoreBackup(repository, summary.id, other);
    await other.drop();
  });

  it('holds a collection that is dropped meanwhile, and its tables go afterwards', async () => {
    const id = await makeCollection(source.database, 1, 'short-lived', 50);
    const snapshot = await snapshotOf(source.database);
    const { system } = source.database;
    await system.transaction(async (tx) => {
      await tx.query('delete from zerodb_collections where id = $1', [id]);
      await scheduleTableRemoval(tx, [id]);
    });
    const removal = Object.create(DroppedCollections.prototype) as DroppedCollections;
    Object.assign(removal, {
      database: source.database,
      log: { debug: () => undefined },
      loop: { recordFault: () => undefined },
    });
    expect(await removal.removeNext()).toBe(false);
    const repository = await BackupRepository.open(place.objects, undefined);
    const { summary } = await createBackup(repository, snapshot, source.stores);
    await snapshot.close();
    expect(summary.rows.zerodb_vectors).toBe(2 * RECORDS + 50);
    expect(await removal.removeNext()).toBe(true);
  });
});
