import type { Collection } from '../../src/collections/collection';
import { FakeFollowerTarget } from '../support/fake-follower-target';
import { openFollower, until } from '../support/follower';
import { openRecord, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';

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
  }, 60_000);

  afterEach(async () => {
    await open.follower.stop();
    await record.drop();
  });

  const upsert = async (...ids: string[]): Promise<void> => {
    const records = ids.map((id) => ({ id, vector: [1, Math.random()], text: `text ${id}`, metadata: { id } }));
    await record.records.upsert(record.scope, 'docs', records);
  };

  const copied = (): string[] => {
    const epoch = open.directory.servingEpoch(collection.id);
    return epoch === undefined ? [] : [...target.contentOf({ collectionId: collection.id, epoch }).keys()].sort();
  };

  const dirty = async (): Promise<number> => {
    const { rows } = await record.database.system.query<{ count: number }>(
      'select count(*) as count from zerodb_dirty where sent_at is null',
    );
    return Number(rows[0]?.count);
  };

  const serves = (): boolean => open.directory.servingEpoch(collection.id) !== undefined;

  it('fills a new service with what is there, then follows', async () => {
    const ids = Array.from({ length: 120 }, (_, i) => `r${String(i).padStart(3, '0')}`);
    await upsert(...ids);
    expect(await dirty()).toBe(0);
    open.follower.start({ isWorking: true });
    await until(serves);
    expect(copied()).toEqual(ids);
    await upsert('new', 'r000');
    await record.records.delete(record.scope, 'docs', 'r001');
    await until(async () => (await dirty()) === 0);
    expect(copied()).toEqual(['new', ...ids.filter((id) => id !== 'r001')]);
    expect(
      target
        .contentOf({ collectionId: collection.id, epoch: String(open.directory.servingEpoch(collection.id)) })
        .get('new')?.metadata,
    ).toEqual({ id: 'new' });
  });
}

describe('followers, embedded', () => suite('embedded'));
describeWith(services.postgresUrl)('followers, server', () => suite('server'));
