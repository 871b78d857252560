import { chunkCount } from '../../src/files/blobs/layout';
import { blobsOf, mustBePiece, storedChunks } from '../../src/backup/file-bytes';
import type { ObjectFolder } from '../../src/backup/object-folder';
import { prune } from '../../src/backup/prune';
import { BackupRepository } from '../../src/backup/repository';
import { restoreBackup } from '../../src/backup/restore';
import { verifyBackup } from '../../src/backup/verify';
import { BrokerMarkRepository } from '../../src/events/broker/broker-mark.repository';
import { backUp, contentsOf, fill, OFFSET_GAP, openInstallation, type Installation } from '../support/backup';

type Engine = 'embedded' | 'server';
const KEY = 'a key of sixteen or more';

/** Backup and restore between these engines, over a store of that kind. The database, the files and the store are real. */
export function describeBackup(
  name: string,
  [from, to]: readonly [Engine, Engine],
  open: () => Promise<{ readonly objects: ObjectFolder; readonly drop: () => Promise<void> }>,
): void {
  describe(`backup: ${name}`, () => {
    let source: Installation;
    let target: Installation;
    let objects: ObjectFolder;
    let dropStore: () => Promise<void>;

    beforeAll(async () => {
      ({ objects, drop: dropStore } = await open());
      source = await openInstallation(from);
      target = await openInstallation(to, { migrated: false });
      await fill(source);
    });
    afterAll(async () => {
      await Promise.all([source.drop(), target.drop()]);
      await dropStore();
    });

    const repository = (): Promise<BackupRepository> => BackupRepository.open(objects, KEY);

    it('makes a backup that is whole, and a second one that sends next to nothing', async () => {
      const { summary, missing } = await backUp(source, objects, KEY);
      expect(missing).toEqual([]);
      expect(summary).toMatchObject({ engine: from, encrypted: true, files: { count: 3, missing: 0 } });
      expect(summary.rows).toMatchObject({ zerodb_vectors: 2_300, zerodb_events: 501, zerodb_memory_records: 200 });
      // Eleven MiB of it cannot be compressed.
      expect(summary.sent_bytes).toBeGreaterThan(11 * 1024 * 1024);
      const again = await backUp(source, objects, KEY);
      expect(again.summary.chunks).toMatchObject({ total: summary.chunks.total, sent: 0 });
      const report = await verifyBackup(await repository(), again.summary.id);
      expect(report).toMatchObject({ faults: [], missing: [] });
      expect(report.chunks).toBeGreaterThan(100);
    });

    it('restores every row and every file', async () => {
      const opened = await repository();
      const id = await opened.resolve('latest');
      await restoreBackup(opened, id, target);
      expect(await contentsOf(target.database)).toEqual(await contentsOf(source.database));
      for await (const blob of blobsOf(
        async (sql, params) => (await target.database.system.query(sql, params)).rows as never,
      )) {
        let index = 0;
        for await (const piece of storedChunks(target.stores, blob)) await mustBePiece(blob, index++, piece);
        expect(index).toBe(chunkCount(blob));
      }
    });

    it('restores what follows from the rows', async () => {
      const { system } = target.database;
      const one = async <T>(sql: string): Promise<T | undefined> =>
        (await system.query<{ value: T }>(sql)).rows[0]?.value;
      const highest = await one<number>('select max(version) as value from zerodb_vectors');
      expect(await one<number>(`select nextval('zerodb_version') as value`)).toBeGreaterThan(highest ?? 0);
      await system.query(`insert into zerodb_projects (name) values ('new')`);
      expect(await one<number>(`select id as value from zerodb_projects where name = 'new'`)).toBe(4);
      const { rows } = await system.query<{ stored_position: number }>(
        `select * from zerodb_create_events(2, '{1}', '{new}', '{/s}', '{true}', '{0}', '{NULL}', '{t}', '{"{}"}')`,
      );
      expect(rows[0]?.stored_position).toBe(OFFSET_GAP + 501);
      expect(await one(`select tableoid::regclass::text as value from zerodb_events where event_id = 'old'`)).toBe(
        'zerodb_events_w20260105',
      );
      expect(
        await one(`select count(*)::int as value from pg_indexes where tablename = 'zerodb_vectors_1'
          and (indexdef like '%hnsw%' or indexdef like '%balance%')`),
      ).toBe(2);
      expect(await one(`select count(*)::int as value from pg_trigger where tgname like 'zerodb_reembedding_%'`)).toBe(
        8,
      );
      expect(await one('select count(*)::int as value from zerodb_followers')).toBe(0);
      expect(await one(`select store || project_id as value from zerodb_blob_moves`)).toBe('mirror3');
      expect(await one(`select to_regclass('zerodb_restore_unfinished')::text as value`)).toBeNull();
    });

    it('knows the broker that was written to, and fills another from the first event', async () => {
      const marks = new BrokerMarkRepository(target.database);
      const positions = async (): Promise<unknown> =>
        (
          await target.database.system.query(
            'select c.kind, l.position from zerodb_consumer_lanes l join zerodb_consumers c on c.id = l.consumer_id order by 1',
          )
        ).rows;
      expect(await positions()).toEqual([
        { kind: 'broker', position: OFFSET_GAP + 500 },
        { kind: 'group', position: 250 },
      ]);
      expect(await marks.find()).toEqual({ clusterId: 'cluster', epoch: 'epoch', losses: 0 });
      expect(await marks.recordLoss({ clusterId: 'cluster', epoch: 'epoch', losses: 0 })).toBe(true);
      expect(await positions()).toEqual([
        { kind: 'broker', position: 0 },
        { kind: 'group', position: 250 },
      ]);
    });

    it('keeps projects apart in what it restored', async () => {
      const scope = { projectId: 3, projectName: 'b.c' };
      const { rows } = await target.database.query(scope, 'select id from zerodb_vectors_1 limit 1');
      expect(rows).toEqual([]);
    });

    it('removes backups and what only they need', async () => {
      const opened = await repository();
      const ids = await opened.ids();
      const report = await prune(opened, { last: 1 });
      expect(report).toMatchObject({ kept: ids.slice(-1), removed: ids.slice(0, -1), packs: 0 });
      const left = await verifyBackup(await repository(), ids.at(-1) ?? '');
      expect(left.faults).toEqual([]);
    });
  });
}
