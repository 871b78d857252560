import { readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { FilesSettings } from '../../src/config';
import { FilesystemFileStore } from '../../src/files/adapters/filesystem/filesystem.file-store';
import { newObjectKey } from '../../src/files/blobs/object-key';
import type { FileMetrics } from '../../src/files/file-metrics';
import { Orphans } from '../../src/files/upkeep/orphans';
import { UpkeepRepository } from '../../src/files/upkeep/upkeep.repository';
import { BackupDamaged } from '../../src/backup/faults';
import { ObjectFolder } from '../../src/backup/object-folder';
import { prune } from '../../src/backup/prune';
import { BackupRepository } from '../../src/backup/repository';
import { presentData, restoreBackup } from '../../src/backup/restore';
import { restoreForTrial } from '../../src/backup/deep';
import type { Summary } from '../../src/backup/summary';
import { verifyBackup } from '../../src/backup/verify';
import { checkDrift } from '../../src/database/drift/drift';
import { knownMigrations, migrateTo } from '../../src/database/migrate/migrate';
import { connectDatabase, openDatabase } from '../../src/database/open-database';
import { insufficientStorage } from '../../src/common/errors';
import {
  backUp,
  contentsOf,
  fill,
  openFolder,
  openInstallation,
  putFile,
  type Installation,
  type StorePlace,
} from '../support/backup';

const KEY = 'a key of sixteen or more';

const OLD_ROWS = [
  `insert into zerodb_topics (project_id, name, settings) values (1, 'orders', '{}')`,
  `select * from zerodb_create_events(1, '{1}', '{e1}', '{true}', '{0}', '{NULL}', '{n}',
     array['{"specversion":"1.0","id":"e1","source":"/shop","type":"n"}'])`,
  `insert into zerodb_collections (project_id, name, dimension, metric, settings) values (1, 'c', 2, 'cosine',
     '{"vector_index": {"type": "flat"}, "compression": "none", "indexes": []}')`,
  `select zerodb_create_partitions(1)`,
  `insert into zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, metadata, words)
     values (1, 1, 'a', '[1,2]', 'vector', '{}', '{}')`,
];

/** The store fails at writes of one kind, as one that is full, or whose process was killed there. */
class FailingStore extends FilesystemFileStore {
  constructor(
    folder: string,
    private readonly failing: string,
    private left: number,
  ) {
    super(folder);
  }

  override async put(key: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    if (key.startsWith(this.failing) && this.left-- <= 0) throw insufficientStorage('The disk for files is full.');
    await super.put(key, bytes, signal);
  }
}

/** The database, its files and the folder of backups are real; damage is done to the folder's files. */
describe('a backup that something happened to', () => {
  let source: Installation;
  let place: StorePlace;
  let summary: Summary;

  beforeAll(async () => {
    source = await openInstallation('embedded');
    await fill(source, 500);
  });
  afterAll(() => source.drop());
  beforeEach(async () => {
    place = await openFolder();
    ({ summary } = await backUp(source, place.objects, KEY));
  });
  afterEach(() => place.drop());

  const repository = (key: string | undefined = KEY): Promise<BackupRepository> =>
    BackupRepository.open(place.objects, key);
  const filesOf = async (kind: string): Promise<string[]> => {
    const root = path.join(place.folder, 'objects', kind);
    const shards = await readdir(root);
    const names = await Promise.all(
      shards.map(async (shard) => (await readdir(path.join(root, shard))).map((name) => path.join(root, shard, name))),
    );
    return names.flat();
  };
  const oneOf = async (kind: string): Promise<string> => (await filesOf(kind))[0] ?? '';
  const flip = async (file: string, at = 0.5): Promise<void> => {
    const bytes = await readFile(file);
    const place = Math.floor(bytes.length * at);
    bytes[place] = (bytes[place] ?? 0) ^ 0x10;
    await writeFile(file, bytes);
  };

  it.each([0.01, 0.3, 0.5, 0.999])('names the pack with a flipped byte at %d of it', async (at) => {
    const file = await oneOf('packs');
    await flip(file, at);
    const { faults } = await verifyBackup(await repository(), summary.id);
    expect(faults).toEqual([expect.stringContaining(`packs/${path.basename(file)} has other bytes`)]);
    expect(faults[0]).toMatch(/a part of .*zerodb_|files/);
  });

  it('names a pack that is gone or truncated, and says what was in it', async () => {
    const [first = '', second = ''] = await filesOf('packs');
    await rm(first);
    await truncate(second, 1_000);
    const { faults } = await verifyBackup(await repository(), summary.id);
    expect(faults).toContain(`The pack packs/${path.basename(first)} is gone or has another length than was written.`);
    expect(faults).toContain(`The pack packs/${path.basename(second)} is gone or has another length than was written.`);
    expect(faults.join()).toMatch(/not in the store, a part of/);
  });

  it('names some of many lost chunks, and counts the others', async () => {
    for (const file of await filesOf('index')) await rm(file);
    const { faults, chunks } = await verifyBackup(await repository(), summary.id);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      new RegExp(
        `^The chunks (\\w{40}, ){19}\\w{40} and ${chunks - 20} more are not in the store, a part of zerodb_.*, files`,
      ),
    );
  });

  it('is not begun anew where the salt of its key is gone', async () => {
    const config = await oneOf('config');
    const bytes = await readFile(config);
    await rm(config);
    await expect(backUp(source, place.objects, KEY)).rejects.toThrow('Put a copy of it back');
    await expect(repository()).rejects.toThrow('Put a copy of it back');
    await writeFile(config, bytes);
    expect(await (await repository()).ids()).toEqual([summary.id]);
  });

  it('names a damaged index', async () => {
    const file = await oneOf('index');
    await flip(file);
    const { faults } = await verifyBackup(await repository(), summary.id);
    expect(faults[0]).toBe(`The index index/${path.basename(file)} has other bytes than were written.`);
  });

  it.each([
    ['manifests', 'has other bytes than were written'],
    ['backups', 'is not as it was signed'],
  ])('refuses a changed object of %s', async (kind, message) => {
    await flip(await oneOf(kind), 0.9);
    await expect(verifyBackup(await repository(), summary.id)).rejects.toThrow(message);
  });

  it('refuses a manifest that is gone', async () => {
    await rm(await oneOf('manifests'));
    await expect(verifyBackup(await repository(), summary.id)).rejects.toThrow(`manifests/${summary.id} is gone`);
  });

  it.each([
    ['another key', 'another key of sixteen', 'is not the one that'],
    ['no key', undefined, 'are encrypted. Set ZERODB_BACKUP_KEY'],
  ])('refuses %s', async (_, key, message) => {
    await expect(BackupRepository.open(place.objects, key)).rejects.toThrow(message);
  });

  it('does not mix encrypted backups with others', async () => {
    const plain = await openFolder();
    await backUp(source, plain.objects);
    await expect(BackupRepository.open(plain.objects, KEY)).rejects.toThrow('are not encrypted');
    await plain.drop();
  });

  it('has nothing readable in it', async () => {
    const all = await Promise.all((await filesOf('packs')).map((file) => readFile(file, 'latin1')));
    expect(all.join('')).not.toMatch(/record 1|zerodb_|quoted/);
  });

  it('restores nothing of a damaged backup over data', async () => {
    const target = await openInstallation('embedded');
    await target.database.system.query(`insert into zerodb_projects (name) values ('precious')`);
    await flip(await oneOf('packs'));
    const restoring = restoreBackup(await repository(), summary.id, target, { force: true });
    await expect(restoring).rejects.toThrow('Nothing was changed');
    expect(await presentData(target.database)).toEqual([{ table: 'zerodb_projects', rows: 1 }]);
    await target.drop();
  });

  it('is restored over data by force alone, and says before what would go', async () => {
    const target = await openInstallation('embedded');
    await fill(target, 20);
    await putFile(target, 2, 'mine', Buffer.from('mine'), 'none');
    const restoring = restoreBackup(await repository(), summary.id, target);
    await expect(restoring).rejects.toThrow(/zerodb_files \(4\).*zerodb_vectors \(\d+\).*Nothing was changed/);
    await restoreBackup(await repository(), summary.id, target, { force: true });
    expect(await contentsOf(target.database)).toEqual(await contentsOf(source.database));
    await target.drop();
  });

  it('of a newer version is refused, and changes nothing', async () => {
    const opened = await repository();
    const newer = { ...summary, migrations: [...summary.migrations, 'Future1900000000000'] };
    jest.spyOn(opened, 'summary').mockResolvedValue(newer);
    const target = await openInstallation('embedded', { migrated: false });
    await expect(restoreBackup(opened, summary.id, target)).rejects.toThrow('Future1900000000000');
    expect(await presentData(target.database)).toEqual([]);
    await target.drop();
  });

  it('of an older version is restored, then migrated', async () => {
    const old = await openInstallation('embedded', { migrated: false });
    const names = (await knownMigrations(old.database)).filter((name) => Number(name.slice(-13)) <= 1_700_000_000_041);
    await migrateTo(old.database, names);
    for (const statement of OLD_ROWS) await old.database.system.query(statement);
    const fresh = await openFolder();
    const { summary: made } = await backUp(old, fresh.objects, KEY);
    expect(made.migrations).toEqual(names);
    const target = await openInstallation('embedded', { migrated: false });
    await restoreBackup(await BackupRepository.open(fresh.objects, KEY), made.id, target);
    const { rows } = await target.database.system.query('select source, event_id from zerodb_events');
    expect(rows).toEqual([{ source: '/shop', event_id: 'e1' }]);
    const { rows: made2 } = await target.database.system.query('select name, analyser from zerodb_collections');
    expect(made2).toEqual([{ name: 'c', analyser: '' }]);
    expect(await checkDrift(target.database)).toEqual([]);
    await Promise.all([old.drop(), target.drop(), fresh.drop()]);
  });

  it('keeps the product from starting on a half of it', async () => {
    const good = await openFolder();
    const { summary: whole } = await backUp(source, good.objects, KEY);
    const target = await openInstallation('embedded', { migrated: false });
    for (const file of await filesOf('packs')) await flip(file);
    await expect(restoreBackup(await repository(), summary.id, target)).rejects.toThrow('has other bytes');
    await target.database.close();
    await expect(openDatabase(target.options)).rejects.toThrow('holds a part of a backup');
    const database = await connectDatabase(target.options);
    const opened = await BackupRepository.open(good.objects, KEY);
    await restoreBackup(opened, whole.id, { database, stores: target.stores }, { force: true });
    await database.close();
    await (await openDatabase(target.options)).close();
    await Promise.all([target.drop(), good.drop()]);
  });

  it('keeps the product from starting on a half of the old data', async () => {
    const target = await openInstallation('embedded');
    await fill(target, 20);
    const { system } = target.database;
    const query = system.query.bind(system);
    let drops = 0;
    jest.spyOn(system, 'query').mockImplementation(async (sql: string, params?: readonly unknown[]) => {
      if (sql.startsWith('drop table') && ++drops > 5) throw new Error('killed');
      return await query<never>(sql, params);
    });
    await expect(restoreBackup(await repository(), summary.id, target, { force: true })).rejects.toThrow('killed');
    jest.restoreAllMocks();
    await expect(backUp(target, place.objects, KEY)).rejects.toThrow('holds a part of a backup');
    await target.database.close();
    await expect(openDatabase(target.options)).rejects.toThrow('holds a part of a backup');
    const database = await connectDatabase(target.options);
    await restoreBackup(await repository(), summary.id, { database, stores: target.stores }, { force: true });
    expect(await contentsOf(database)).toEqual(await contentsOf(source.database));
    await database.close();
    await target.drop();
  });

  it('survives the sweep of files where both are in one store', async () => {
    const other = await openInstallation('embedded');
    await other.database.system.query(`insert into zerodb_projects (name) values ('acme')`);
    await putFile(other, 2, 'kept', Buffer.from('kept'), 'none');
    const { store } = other.stores.primary;
    const objects = new ObjectFolder(store, '', other.files);
    const { summary: made } = await backUp(other, objects, KEY);
    const [lost, foreign] = [newObjectKey(2), 'p2/somebody'];
    for (const key of [lost, foreign]) await store.put(key, Buffer.from('x'), AbortSignal.timeout(5_000));
    const metrics = { orphans: { inc: () => undefined } } as unknown as FileMetrics;
    const settings = { graceSeconds: -60 } as FilesSettings;
    const sweep = new Orphans(other.stores, new UpkeepRepository(other.database), metrics, settings);
    expect(await sweep.remove('p')).toEqual({ found: 1, removed: 1 });
    expect(await store.stat(lost, AbortSignal.timeout(5_000))).toBeUndefined();
    expect(await store.stat(foreign, AbortSignal.timeout(5_000))).toBe(1);
    const opened = await BackupRepository.open(objects, KEY);
    expect(await verifyBackup(opened, made.id)).toMatchObject({ faults: [], missing: [] });
    await other.drop();
  });

  it('is restored for a trial, and leaves nothing behind', async () => {
    const scratch = await openFolder();
    expect(await restoreForTrial(await repository(), summary.id, scratch.folder)).toEqual([]);
    expect(await readdir(scratch.folder)).toEqual([]);
    await scratch.drop();
  });

  it.each(['packs', 'index', 'manifests', 'backups'])('does not exist when the store is full at %s', async (kind) => {
    const fresh = await openFolder();
    const full = new ObjectFolder(new FailingStore(fresh.folder, kind, kind === 'packs' ? 2 : 0), '', fresh.folder);
    await expect(backUp(source, full, KEY)).rejects.toThrow('full');
    const opened = await BackupRepository.open(fresh.objects, KEY);
    expect(await opened.ids()).toEqual([]);
    const again = await backUp(source, fresh.objects, KEY);
    expect(await verifyBackup(await BackupRepository.open(fresh.objects, KEY), again.summary.id)).toMatchObject({
      faults: [],
    });
    if (kind === 'packs' || kind === 'index') expect(again.summary.chunks.sent).toBeGreaterThan(0);
    else expect(again.summary.chunks.sent).toBe(0);
    await fresh.drop();
  });

  it('sends again what an interrupted backup had not sent', async () => {
    const fresh = await openFolder();
    const full = new ObjectFolder(new FailingStore(fresh.folder, 'packs', 2), '', fresh.folder);
    await expect(backUp(source, full, KEY)).rejects.toThrow('full');
    const again = await backUp(source, fresh.objects, KEY);
    expect(again.summary.chunks.sent).toBeLessThan(summary.chunks.sent);
    await fresh.drop();
  });

  it('is sent again where its packs are damaged', async () => {
    await truncate(await oneOf('packs'), 10);
    const again = await backUp(source, place.objects, KEY);
    expect(again.summary.chunks.sent).toBeGreaterThan(0);
    expect(await verifyBackup(await repository(), again.summary.id)).toMatchObject({
      chunks: again.summary.chunks.total,
    });
  });

  it('is not removed while another is made, nor made while others are removed', async () => {
    const opened = await repository();
    const making = await opened.lock('shared');
    await expect(prune(opened, { last: 1 })).rejects.toThrow('is being made or read');
    await making.release();
    const removing = await opened.lock('exclusive');
    await expect(backUp(source, place.objects, KEY)).rejects.toThrow('are being removed');
    await expect(restoreBackup(opened, summary.id, source)).rejects.toThrow('are being removed');
    await removing.release();
  });

  it('is not removed while it is restored', async () => {
    const target = await openInstallation('embedded', { migrated: false });
    const pruning: Promise<unknown>[] = [];
    const onProgress = (): void => {
      if (pruning.length === 0) pruning.push(repository().then((opened) => prune(opened, { last: 1 })));
      pruning[0]?.catch(() => undefined);
    };
    await restoreBackup(await repository(), summary.id, target, { onProgress });
    await expect(pruning[0]).rejects.toThrow('is being made or read');
    expect(await place.objects.list('locks')).toEqual([]);
    await target.drop();
  });

  it('leaves no lock when it is interrupted', async () => {
    const interrupt = new AbortController();
    const objects = new ObjectFolder(new FilesystemFileStore(place.folder), '', place.folder, interrupt.signal);
    const lock = await (await BackupRepository.open(objects, KEY)).lock('shared');
    interrupt.abort();
    await lock.release();
    expect(await place.objects.list('locks')).toEqual([]);
  });

  it('is removed in spite of the lock of a process that died', async () => {
    const opened = await repository();
    await opened.lock('shared');
    const old = new Date(Date.now() - 11 * 60_000);
    for (const file of await filesOf('locks')) await utimes(file, old, old);
    expect((await prune(opened, { last: 1 })).kept).toEqual([summary.id]);
    expect(await opened.objects.list('locks')).toEqual([]);
  });

  it('goes with its packs, and leaves those that others need', async () => {
    await source.database.system.query(`update zerodb_vectors_1 set text = md5(random()::text) || repeat(md5(id), 40)`);
    const next = await backUp(source, place.objects, KEY);
    expect(next.summary.chunks.sent).toBeGreaterThan(10);
    await expect(
      BackupRepository.open(place.objects, KEY).then(async (opened) => {
        jest.spyOn(opened, 'manifest').mockRejectedValue(new BackupDamaged('The manifest is gone.'));
        return await prune(opened, { last: 1 });
      }),
    ).rejects.toThrow('Nothing was removed');
    const before = await filesOf('packs');
    const dry = await prune(await repository(), { last: 1 }, { dryRun: true });
    expect(await filesOf('packs')).toEqual(before);
    const report = await prune(await repository(), { last: 1 });
    expect(report).toEqual(dry);
    expect(report.removed).toEqual([summary.id]);
    expect((await filesOf('packs')).length).toBe(before.length - report.packs);
    expect(await verifyBackup(await repository(), next.summary.id)).toMatchObject({ faults: [] });
    await expect((await repository()).summary(summary.id)).rejects.toThrow('There is no backup');
  });

  it('is not made where files are in a store that the settings do not describe', async () => {
    const other = await openInstallation('embedded');
    await other.database.system.query(`insert into zerodb_projects (name) values ('acme')`);
    const key = await putFile(other, 2, 'a', Buffer.from('a'), 'none');
    await other.database.system.query(`update zerodb_blob_copies set store = 'object_store' where key = $1`, [key]);
    const fresh = await openFolder();
    await expect(backUp(other, fresh.objects)).rejects.toThrow('lies in the store object_store');
    expect(await (await BackupRepository.open(fresh.objects, undefined)).ids()).toEqual([]);
    await Promise.all([other.drop(), fresh.drop()]);
  });

  it('without a file whose bytes are lost is made all the same, and says so', async () => {
    const other = await openInstallation('embedded');
    await other.database.system.query(`insert into zerodb_projects (name) values ('acme')`);
    const lost = await putFile(other, 2, 'lost', Buffer.from('lost'), 'none');
    await putFile(other, 2, 'kept', Buffer.from('kept'), 'none');
    await other.stores.primary.store.remove(lost, AbortSignal.timeout(5_000));
    const fresh = await openFolder();
    const { summary: made, missing } = await backUp(other, fresh.objects);
    expect(missing).toEqual([
      { project_id: 2, sha256: expect.any(String) as string, reason: expect.stringContaining('filesystem') as string },
    ]);
    const target = await openInstallation('embedded', { migrated: false });
    await restoreBackup(await BackupRepository.open(fresh.objects, undefined), made.id, target);
    expect(await contentsOf(target.database)).toEqual(await contentsOf(other.database));
    const { rows } = await target.database.system.query('select from zerodb_blob_copies');
    expect(rows).toHaveLength(1);
    await Promise.all([target.drop(), other.drop(), fresh.drop()]);
  });
});
