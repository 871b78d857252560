import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from '../../src/collections/collection';
import { CannotServe, CheckedSearch } from '../../src/collections/search/checked-search';
import { Hydration } from '../../src/collections/search/hydration';
import type { VectorQuery } from '../../src/collections/vector-store.port';
import type { Database } from '../../src/database/database.port';
import { FakeFollowerTarget } from '../support/fake-follower-target';
import { openFollower } from '../support/follower';
import { eventually } from '../support/eventually';
import { openRecord, type OpenRecord } from '../support/record';

const QUERY: VectorQuery = {
  vector: [1, 0],
  limit: 10,
  include: { metadata: false, text: false, vector: false },
  exact: false,
};

/** The database, whose statements wait on their way: for a connection, for the processor, in the network. */
const lateBy = (database: Database, delays: number[]): Database =>
  new Proxy(database, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if ((name !== 'query' && name !== 'queryByPlan') || typeof value !== 'function') return value;
      return async (...args: unknown[]): Promise<unknown> => {
        await sleep(delays.shift() ?? 0);
        return await (value.apply(target, args) as Promise<unknown>);
      };
    },
  });

describe('a look-up that waits on its way to Postgres', () => {
  let record: OpenRecord;
  let open: ReturnType<typeof openFollower>;
  let collection: Collection;

  beforeEach(async () => {
    record = await openRecord('embedded');
    open = openFollower(record.database, new FakeFollowerTarget());
    ({ collection } = await record.collections.put(record.scope, 'docs', { dimension: 2, metric: 'dot' }));
    open.follower.start();
    await eventually(() => open.directory.servingEpoch(collection.id) !== undefined);
  });

  afterEach(async () => {
    await open.follower.stop();
    await record.drop();
  });

  const isSent = async (): Promise<boolean> =>
    (await record.database.system.query('select from zerodb_dirty where sent_at is null')).rows.length === 0;

  /** The engine answers from before the record `new` reached it, which happens before the look-up is sent. */
  const searchBefore = async (database: Database): Promise<string[]> => {
    const epoch = String(open.directory.servingEpoch(collection.id));
    const search = new CheckedSearch(new Hydration(database));
    const { hits } = await search.search(record.scope, collection, QUERY, epoch, async () => {
      await record.records.upsert(record.scope, 'docs', [{ id: 'new', vector: [1, 1] }]);
      await eventually(isSent);
      return [];
    });
    return hits.map(({ id }) => id);
  };

  it('finds what was sent since the engine was asked', async () => {
    expect(await searchBefore(lateBy(record.database, [600]))).toEqual(['new']);
  });

  it('gives up when that may be forgotten, and lets another engine answer', async () => {
    await expect(searchBefore(lateBy(record.database, [3_000]))).rejects.toThrow(CannotServe);
  });
});
