import type { Collection } from '../../src/collections/collection';
import { DirtyStore } from '../../src/followers/dirty-store';
import { StorageStore } from '../../src/followers/storage-store';
import type { CopiedRecord } from '../../src/followers/follower-target.port';
import { FakeFollowerTarget } from '../support/fake-follower-target';
import { openFollower } from '../support/follower';
import { eventually } from '../support/eventually';
import { openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

const IDS = Array.from({ length: 60 }, (_, i) => `r${String(i).padStart(3, '0')}`);
const SOON = (): AbortSignal => AbortSignal.timeout(30_000);

type Content = Map<string, CopiedRecord>;

const must = (content: Content, id: string): CopiedRecord => {
  const found = content.get(id);
  if (!found) throw new Error(`There is no copy of "${id}".`);
  return found;
};

/** Ways in which a copy can be wrong. */
const CORRUPTIONS: readonly ((content: Content, id: string) => void)[] = [
  (content, id) => void content.delete(id),
  (content, id) => void content.set(`extra-${id}`, { ...must(content, id), id: `extra-${id}` }),
  (content, id) => void content.set(id, { ...must(content, id), version: 1 }),
  (content, id) => void content.set(id, { ...must(content, id), version: 1_000_000 }),
  (content, id) => void content.set(id, { ...must(content, id), projectId: 999 }),
  (content, id) => void content.set(id, { ...must(content, id), metadata: { id: 'other' } }),
  (content, id) => void content.set(id, { ...must(content, id), text: null }),
  (content, id) => void content.set(id, { ...must(content, id), vector: [1, 7] }),
];

/** Real: Postgres and everything of ZeroDB below the router. Fake: the engine that follows. */
function suite(engine: 'embedded' | 'server'): void {
  let record: OpenRecord;
  let target: FakeFollowerTarget;
  let open: ReturnType<typeof openFollower>;
  let collection: Collection;

  beforeEach(async () => {
    record = await openRecord(engine);
    target = new FakeFollowerTarget();
    open = openFollower(record.database, target);
    ({ collection } = await record.collections.put(record.scope, 'docs', { dimension: 2, metric: 'dot' }));
  });

  afterEach(async () => {
    await open.follower.stop();
    await record.drop();
  });

  const upsert = async (...ids: string[]): Promise<void> => {
    const records = ids.map((id) => ({ id, vector: [1, Math.random()], text: `text ${id}`, metadata: { id } }));
    await record.records.upsert(record.scope, 'docs', records);
  };

  const query = async <Row>(sql: string): Promise<Row[]> => (await record.database.system.query<Row>(sql)).rows;
  const epochNow = (): string | undefined => open.directory.servingEpoch(collection.id);
  const serves = (): boolean => epochNow() !== undefined;
  const contentOf = (epoch: string): Content => target.contentOf({ collectionId: collection.id, epoch });
  const copied = (): string[] => {
    const epoch = epochNow();
    return epoch === undefined ? [] : [...contentOf(epoch).keys()].sort();
  };
  const unsent = async (): Promise<number> => (await query('select from zerodb_dirty where sent_at is null')).length;
  const isLevel = async (): Promise<boolean> => (await unsent()) === 0;

  it('fills a new service with what is there, then follows', async () => {
    await upsert(...IDS);
    expect(await unsent()).toBe(0);
    open.follower.start();
    await eventually(serves);
    expect(copied()).toEqual(IDS);
    await upsert('new', 'r000');
    await record.records.delete(record.scope, 'docs', 'r001');
    await eventually(isLevel);
    expect(copied()).toEqual(['new', ...IDS.filter((id) => id !== 'r001')]);
    expect(contentOf(String(epochNow())).get('new')).toMatchObject({ metadata: { id: 'new' }, text: 'text new' });
  });

  it('goes on with a backfill where it was ended', async () => {
    await upsert(...Array.from({ length: 200 }, (_, i) => `r${String(i).padStart(3, '0')}`));
    // Two pages get through, then the service is gone.
    let puts = 0;
    target.weather = (call) => (call === 'put' && (puts += 1) > 2 ? 'refused' : 'fine');
    open.follower.start();
    await eventually(() => puts > 2);
    await open.follower.stop();
    expect(await query('select copied from zerodb_copies')).toEqual([{ copied: 100 }]);
    target.weather = () => 'fine';
    target.calls.length = 0;
    await query('update zerodb_copies set lease_until = null');
    open = openFollower(record.database, target);
    open.follower.start();
    await eventually(serves);
    expect(target.calls.filter((call) => call === 'put')).toHaveLength(2);
    expect(copied()).toHaveLength(200);
  });

  it('marks nothing for a service that was never reached, and forgets one that nobody serves', async () => {
    target.weather = () => 'refused';
    open.follower.start();
    await upsert('a');
    expect(await unsent()).toBe(0);
    target.weather = () => 'fine';
    await eventually(serves);
    await open.follower.stop();
    await upsert('b');
    expect(await unsent()).toBe(1);
    await query(`update zerodb_followers set seen_at = now() - interval '25 hours'`);
    expect(await new StorageStore(record.database, 'another').dropAbandoned()).toBe(1);
    expect(await unsent()).toBe(0);
  });

  describe('with a copy that serves', () => {
    let epoch: string;

    beforeEach(async () => {
      await upsert(...IDS);
      open.follower.start();
      await eventually(serves);
      epoch = String(epochNow());
      await eventually(() => (target.mark?.beat ?? 0) > 1);
    });

    const isAnew = (): boolean => serves() && epochNow() !== epoch;

    it('makes all copies anew in a storage that was emptied', async () => {
      target.copies.clear();
      target.mark = undefined;
      await eventually(() => open.log.join().includes('was replaced'));
      open.registry.states.set('qdrant', 'up');
      await eventually(isAnew);
      expect(copied()).toEqual(IDS);
    });

    it('makes all copies anew in a storage of somebody else', async () => {
      target.mark = { storageId: 'theirs', beat: 1_000_000 };
      expect(() => open.follower.guard.mustBeOurs(target.mark)).toThrow();
      await eventually(() => open.log.join().includes('was replaced'));
      open.registry.states.set('qdrant', 'up');
      await eventually(isAnew);
      expect(copied()).toEqual(IDS);
    });

    it('compares a storage that was restored before it serves again', async () => {
      const before = new Map([...contentOf(epoch)].map(([id, one]) => [id, { ...one }]));
      const markBefore = target.mark;
      await upsert('r000', 'new');
      await eventually(isLevel);
      await eventually(() => (target.mark?.beat ?? 0) > (markBefore?.beat ?? 0));
      target.copies.set(`${collection.id}/${epoch}`, before);
      target.mark = markBefore;
      await eventually(() => open.log.join().includes('was restored'));
      open.registry.states.set('qdrant', 'up');
      await eventually(serves);
      const rows = await query<{ version: number }>(
        `select version from zerodb_vectors_${collection.id} where id = 'r000'`,
      );
      expect(contentOf(epoch).get('r000')?.version).toBe(rows[0]?.version);
      expect(copied()).toEqual(['new', ...IDS]);
    });

    it('makes one copy anew that was dropped behind our back', async () => {
      target.copies.clear();
      await upsert('new');
      await eventually(isAnew);
      expect(copied()).toEqual(['new', ...IDS]);
    });

    it('drops what belongs to a collection that is gone', async () => {
      await record.collections.delete(record.scope, 'docs');
      await eventually(() => target.copies.size === 0);
      expect(await unsent()).toBe(0);
    });

    it('serves from the old copy until the new one is compared', async () => {
      let held = true;
      target.pause = async (call) => {
        while (held && call === 'scan') await new Promise((resolve) => setTimeout(resolve, 5));
        return undefined;
      };
      expect(await open.follower.rebuild()).toBe(1);
      await eventually(() => target.copies.size === 2);
      await upsert('meanwhile');
      await eventually(isLevel);
      expect(epochNow()).toBe(epoch);
      expect(copied()).toContain('meanwhile');
      const reports: Record<string, unknown>[] = [];
      const built = open.follower.rebuildToTheEnd(async (progress) => void reports.push(progress));
      await eventually(() => reports.length > 0);
      expect(reports[0]).toMatchObject({ done: 0, total: 1, unit: 'collections' });
      expect(epochNow()).toBe(epoch);
      held = false;
      await built;
      await eventually(isAnew);
      expect(copied()).toEqual(['meanwhile', ...IDS]);
      await eventually(() => target.copies.size === 1);
    });

    it('parks a record that is refused, and takes it up again when it changes', async () => {
      await open.follower.stop();
      open = openFollower(record.database, target, { maxAttempts: 2 });
      target.poison.add('bad');
      open.follower.start();
      await upsert('good', 'bad', 'fine');
      const parked = () =>
        query<{ id: string; last_error: string }>('select id, last_error from zerodb_dirty where parked');
      await eventually(async () => (await parked()).length > 0, Boolean, 20_000);
      expect(await parked()).toEqual([{ id: 'bad', last_error: 'The record "bad" is refused.' }]);
      expect(await unsent()).toBe(1);
      await eventually(serves);
      expect(copied()).toEqual(['fine', 'good', ...IDS]);
      target.poison.clear();
      await upsert('bad');
      await eventually(isLevel);
      expect(copied()).toContain('bad');
    });

    it('consumes no attempts while the service is out', async () => {
      open.registry.states.set('qdrant', 'down');
      await upsert('a', 'b');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await query('select attempts from zerodb_dirty where sent_at is null')).toEqual([
        { attempts: 0 },
        { attempts: 0 },
      ]);
      open.registry.states.set('qdrant', 'up');
      await eventually(isLevel);
    });

    it('settles what Postgres had no room for, without waiting for its lease to end', async () => {
      await query(`create function no_room() returns trigger language plpgsql as
        $$ begin raise exception 'no room' using errcode = '53100'; end $$`);
      await query(`create trigger no_room before update on zerodb_dirty for each row
        when (new.lease_token is null) execute function no_room()`);
      await upsert('new');
      await eventually(() => contentOf(epoch).has('new'));
      expect(await isLevel()).toBe(false);
      await query('drop trigger no_room on zerodb_dirty');
      await eventually(isLevel);
    });

    it('forgets what was sent in one pass, also when the statistics know of nothing that was sent', async () => {
      await open.follower.stop();
      await query('delete from zerodb_dirty');
      await query(`insert into zerodb_dirty (follower, collection_id, project_id, id, version)
        select 'qdrant', ${collection.id}, ${record.scope.projectId}, 'long' || n, n from generate_series(1, 10000) n`);
      await query('analyze zerodb_dirty');
      await query(`update zerodb_dirty set sent_at = clock_timestamp() - interval '1 minute'`);
      // Once this ran its inner query for every row, all locks held, until its time was over.
      expect(await new DirtyStore(record.database, 'qdrant').sweep(5_000)).toBe(5_000);
      expect(await query('select count(*)::int as left from zerodb_dirty')).toEqual([{ left: 5_000 }]);
    });

    it('brings a returning service level and repairs what differs before it serves', async () => {
      await eventually(async () => (await query('select from zerodb_dirty')).length === 0);
      CORRUPTIONS.slice(0, 4).forEach((corrupt, index) => corrupt(contentOf(epoch), String(IDS[index])));
      await upsert('new');
      await open.follower.recover(SOON());
      expect(copied()).toEqual(['new', ...IDS]);
      expect(await query('select found, repaired from zerodb_copies')).toEqual([{ found: 4, repaired: 4 }]);
    });

    it('repairs what was lost while an unanswered call kept it from being settled', async () => {
      target.weather = (call) => (call === 'put' ? 'lost' : 'fine');
      await upsert('r000');
      await eventually(
        async () => (await query('select from zerodb_dirty where unsure_until is not null')).length === 1,
      );
      target.weather = () => 'fine';
      await eventually(async () => (await query('select from zerodb_dirty where recheck_at is not null')).length === 1);
      contentOf(epoch).delete('r000');
      await open.follower.recover(SOON());
      expect(copied()).toEqual(IDS);
    });

    it('finds every kind of corruption within one cycle of the drift meter', async () => {
      const cycle = async (): Promise<void> => {
        let isOver = false;
        while (!isOver) {
          const position = await open.follower.drift.step(SOON());
          isOver = position !== undefined && position.checkedAll && position.scannedAll;
        }
      };
      let injected = 0;
      for (let round = 0; round < 13; round += 1) {
        // What was sent counts as changing for a moment.
        await eventually(async () => (await query('select from zerodb_dirty')).length === 0);
        CORRUPTIONS.forEach((corrupt, kind) => corrupt(contentOf(epoch), String(IDS[(round * 7 + kind) % IDS.length])));
        injected += CORRUPTIONS.length;
        await cycle();
        expect(await query('select found, repaired from zerodb_copies')).toEqual([
          { found: injected, repaired: injected },
        ]);
        expect(copied()).toEqual(IDS);
      }
      expect(injected).toBeGreaterThan(100);
      expect(await query(`select proved_at > now() - interval '1 minute' as fresh from zerodb_copies`)).toEqual([
        { fresh: true },
      ]);
    });

    it('raises no false alarm while records are written', async () => {
      let isWriting = true;
      const write = async (): Promise<void> => {
        for (let i = 0; isWriting; i += 1) {
          await upsert(String(IDS[i % IDS.length]), `w${i % 20}`);
          await record.records.delete(record.scope, 'docs', `w${i % 20}`);
        }
      };
      const writing = write();
      for (let step = 0; step < 40; step += 1) await open.follower.drift.step(SOON());
      const [copy] = await open.follower.copies.inState('serving');
      if (!copy) throw new Error('There is no copy.');
      expect(await open.follower.compareAndRepair(copy, SOON())).toEqual({ found: 0, open: 0 });
      isWriting = false;
      await writing;
      expect(await query('select found from zerodb_copies')).toEqual([{ found: 0 }]);
    });
  });
}

describe('followers, embedded', () => suite('embedded'));
describeWith(services.postgresUrl)('followers, server', () => suite('server'));
