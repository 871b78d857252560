import { ServiceFault } from '../../src/common/service-fault';
import { parseFilter } from '../../src/common/filter';
import type { Collection } from '../../src/collections/collection';
import { Replica } from '../../src/collections/replica/replica.port';
import type { Claim } from '../../src/collections/search/hydration';
import type { VectorHit, VectorQuery } from '../../src/collections/vector-store.port';
import type { Scope } from '../../src/common/scope';
import { type Budget, hedgeBudget } from '../../src/orchestrator/hedge-budget';
import { EVERYTHING, openRecord, randomVector, type OpenRecord } from '../support/record';
import { seededRandom } from '../../src/common/seeded-random';
import { describeWith, services } from '../support/services';

const DIMENSION = 4;
const ONE = { vector: [1, 0, 0, 0] };

/** A follower's copy that lags and lies as it is told; the nearest by brute force. */
class LyingReplica extends Replica {
  readonly points = new Map<string, { version: number; vector: number[]; metadata: Record<string, unknown> }>();
  epoch: string | undefined = 'e1';
  fault: ServiceFault | undefined;
  delayMs = 0;
  asked = 0;
  readonly repaired: string[] = [];

  epochOf(): string | undefined {
    return this.epoch;
  }
  lagOf(): number {
    return 0;
  }
  supports(): boolean {
    return true;
  }
  async nearest(_scope: Scope, _collection: Collection, query: VectorQuery): Promise<Claim[]> {
    this.asked += 1;
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.fault) throw this.fault;
    const even = query.filter !== undefined;
    return [...this.points]
      .filter(([, { metadata }]) => !even || metadata['even'] === true)
      .map(([id, { version, vector }]) => ({ id, version, score: dot(vector, query.vector) }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .slice(0, query.limit);
  }
  async search(scope: Scope, collection: Collection, query: VectorQuery): Promise<VectorHit[]> {
    return [...(await this.nearest(scope, collection, query))];
  }
  async vectorOf(): Promise<number[] | undefined> {
    return await Promise.resolve(undefined);
  }
  repair(_scope: Scope, _collection: Collection, ids: readonly string[]): void {
    this.repaired.push(...ids);
  }
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

const suite = (engine: 'embedded' | 'server') => (): void => {
  let record: OpenRecord;
  let replica: LyingReplica;

  beforeAll(async () => {
    record = await openRecord(engine);
    await record.database.system.query(`insert into zerodb_followers (name, storage_id) values ('qdrant', 's')`);
  });
  afterAll(async () => await record.drop());

  let collection: Collection;
  let made = 0;
  beforeEach(async () => {
    made += 1;
    replica = new LyingReplica();
    record.registry.states.set('qdrant', 'up');
    const definition = { dimension: DIMENSION, metric: 'dot' as const };
    ({ collection } = await record.collections.put(record.scope, `c${made}`, definition));
    await record.database.system.query(
      `insert into zerodb_copies (follower, collection_id, project_id, epoch, state) values ('qdrant', $1, $2, 'e1', 'serving')`,
      [collection.id, collection.projectId],
    );
  });

  const write = async (
    records: { id: string; vector: number[]; metadata: Record<string, unknown> }[],
  ): Promise<void> => {
    await record.records.upsert(record.scope, collection.name, records);
  };
  /** The follower applies what is dirty for `ids`, as the worker would. */
  const apply = async (ids: readonly string[]): Promise<void> => {
    const rows = await record.records.list(record.scope, collection.name, {
      ids,
      limit: 1000,
      afterPath: '/after',
      include: EVERYTHING,
    });
    const present = new Map(rows.data.map((row) => [row.id, row]));
    for (const id of ids) {
      const row = present.get(id);
      if (!row) replica.points.delete(id);
      else {
        const vector = JSON.parse(row.vector ?? '[]') as number[];
        replica.points.set(id, { version: row.version, vector, metadata: row.metadata ?? {} });
      }
    }
    await record.database.system.query(
      `update zerodb_dirty set sent_at = now() - interval '1 minute' where collection_id = $1 and id = any($2::text[])`,
      [collection.id, ids],
    );
  };
  const search = async (vector: number[], limit: number, filtered = false, hedges?: Budget) =>
    await record.searchWith(replica, hedges).search(record.scope, collection.name, {
      query: { vector },
      limit,
      filter: filtered ? parseFilter({ even: true }, { basePath: '/filter' }) : undefined,
      include: EVERYTHING,
      exact: false,
      explain: false,
    });
  const exactly = async (vector: number[], limit: number, filtered = false) =>
    await record.vectors.search(record.scope, collection, {
      vector,
      limit,
      filter: filtered ? parseFilter({ even: true }, { basePath: '/filter' }) : undefined,
      exact: true,
      include: EVERYTHING,
    });
  const gist = (hits: readonly VectorHit[]) => hits.map(({ id, version, metadata }) => ({ id, version, metadata }));

  it('gives what Postgres gives, however much the copy lags', async () => {
    const random = seededRandom(7);
    const ids = Array.from({ length: 40 }, (_, index) => `r${index}`);
    const pick = (): string => ids[Math.floor(random() * ids.length)] ?? 'r0';
    for (let step = 0; step < 60; step += 1) {
      const chosen = [...new Set([pick(), pick(), pick()])];
      if (random() < 0.7) {
        await write(
          chosen.map((id) => ({ id, vector: randomVector(random, DIMENSION), metadata: { even: random() < 0.5 } })),
        );
      } else await record.records.deleteMany(record.scope, collection.name, { ids: chosen });
      if (random() < 0.5) await apply(ids.filter(() => random() < 0.5));
      const vector = randomVector(random, DIMENSION);
      for (const filtered of [false, true]) {
        const answer = await search(vector, 5, filtered);
        expect(answer).toMatchObject({ served_by: 'qdrant', degraded: false, consistency: 'strong' });
        expect(gist(answer.results)).toEqual(gist(await exactly(vector, 5, filtered)));
      }
    }
    expect(replica.repaired).toEqual([]);
  });

  it('finds a record that was sent while the search was on its way', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    replica.delayMs = 30;
    const searching = search([1, 0, 0, 0], 3);
    await new Promise((resolve) => setTimeout(resolve, 10));
    // Qdrant was asked before it had the record; the entry is settled before Postgres is asked.
    await record.database.system.query('update zerodb_dirty set sent_at = clock_timestamp() where collection_id = $1', [
      collection.id,
    ]);
    expect((await searching).results.map(({ id }) => id)).toEqual(['a']);
  });

  it('drops what is stale, deleted, foreign or invented, and has it repaired', async () => {
    await write(['a', 'b', 'c'].map((id) => ({ id, vector: [1, 0, 0, 0], metadata: {} })));
    await apply(['a', 'b', 'c']);
    const b = replica.points.get('b');
    replica.points.set('b', { vector: [9, 0, 0, 0], metadata: {}, version: (b?.version ?? 1) - 1 });
    replica.points.set('x', { vector: [9, 0, 0, 0], metadata: {}, version: 1 });
    const answer = await search([1, 0, 0, 0], 2);
    expect(answer.results.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(new Set(replica.repaired)).toEqual(new Set(['b', 'x']));
  });

  it('asks again when lies crowd out the truth, and leaves it to pgvector when they never end', async () => {
    await write(['a', 'b'].map((id) => ({ id, vector: [1, 0, 0, 0], metadata: {} })));
    await apply(['a', 'b']);
    for (let i = 0; i < 12; i += 1) replica.points.set(`x${i}`, { vector: [9, 0, 0, 0], metadata: {}, version: 1 });
    expect((await search([1, 0, 0, 0], 2)).results.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(replica.asked).toBeGreaterThan(1);
    for (let i = 0; i < 900; i += 1) replica.points.set(`y${i}`, { vector: [9, 0, 0, 0], metadata: {}, version: 1 });
    const answer = await search([1, 0, 0, 0], 2);
    expect(answer).toMatchObject({ served_by: 'pgvector', degraded: true, degraded_reasons: ['qdrant_inconsistent'] });
    expect(answer.results.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('does not believe a build that was retired while it was asked', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    await record.database.system.query(`update zerodb_copies set state = 'retired' where collection_id = $1`, [
      collection.id,
    ]);
    const answer = await search([1, 0, 0, 0], 2);
    expect(answer).toMatchObject({ served_by: 'pgvector', degraded_reasons: ['qdrant_building'] });
    expect(answer.results).toHaveLength(1);
  });

  it('falls back in the same request when Qdrant fails, and beside it when it is slow', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    await apply(['a']);
    replica.fault = new ServiceFault('qdrant', 'reset', 'gone');
    expect(await search([1, 0, 0, 0], 2)).toMatchObject({ served_by: 'pgvector', degraded_reasons: ['qdrant_fault'] });
    replica.fault = undefined;
    // Far behind pgvector, however busy the machine is.
    replica.delayMs = 5_000;
    const hedged = await search([1, 0, 0, 0], 2, false, hedgeBudget());
    expect(hedged).toMatchObject({ served_by: 'pgvector', degraded_reasons: ['qdrant_slow'] });
  });

  it('leaves a tail that is too long to pgvector', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    await record.database.system.query(
      `insert into zerodb_dirty (follower, collection_id, project_id, id, version)
       select 'qdrant', $1, $2, 'n' || n, 1 from generate_series(1, 2001) n`,
      [collection.id, collection.projectId],
    );
    const answer = await search([1, 0, 0, 0], 2);
    expect(answer).toMatchObject({ served_by: 'pgvector', degraded_reasons: ['qdrant_behind'] });
  });

  it('waits until the follower has what was written, for those who want it', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    const indexed = record.records.indexed(record.scope, collection.name, ['a']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await apply(['a']);
    expect(await indexed).toBe(true);
    await write([{ id: 'a', vector: [0, 1, 0, 0], metadata: {} }]);
    const tooShort = AbortSignal.timeout(50);
    expect(await record.records.indexed(record.scope, collection.name, ['a'], tooShort)).toBe(false);
  });

  const by = async (engine: 'qdrant' | 'pgvector', query: { text?: string; vector?: number[] } = ONE) =>
    await record.searchWith(replica).search(record.scope, collection.name, {
      query,
      engine,
      limit: 2,
      include: EVERYTHING,
      exact: false,
      explain: false,
    });

  it('asks the engine that was named, and it alone', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    await apply(['a']);
    expect(await by('qdrant')).toMatchObject({ results: [{ id: 'a' }], served_by: 'qdrant', degraded: false });
    const asked = replica.asked;
    expect(await by('pgvector')).toMatchObject({ results: [{ id: 'a' }], served_by: 'pgvector', degraded: false });
    expect(replica.asked).toBe(asked);
  });

  it('lets nobody stand in for the engine that was named', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    replica.fault = new ServiceFault('qdrant', 'reset', 'gone');
    await expect(by('qdrant')).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    record.registry.states.set('qdrant', 'drained');
    await expect(by('qdrant')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('qdrant_drained') as string,
    });
    record.registry.states.set('qdrant', 'up');
    replica.epoch = undefined;
    await expect(by('qdrant')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('qdrant_building') as string,
    });
  });

  it('has no engine for keywords', async () => {
    const faults = [{ path: '/engine' }];
    await expect(by('qdrant', { text: 'word' })).rejects.toMatchObject({ code: 'invalid', faults });
  });

  it('takes Qdrant’s word when eventual consistency is asked for, and says so', async () => {
    await write([{ id: 'a', vector: [1, 0, 0, 0], metadata: {} }]);
    const request = { query: { vector: [1, 0, 0, 0] }, limit: 2, include: EVERYTHING, exact: false, explain: false };
    const answer = await record
      .searchWith(replica)
      .search(record.scope, collection.name, { ...request, consistency: 'eventual' });
    expect(answer).toMatchObject({ results: [], served_by: 'qdrant', consistency: 'eventual', degraded: false });
  });
};

describe('search by a follower, looked up in Postgres: embedded', suite('embedded'));
describeWith(services.postgresUrl)('search by a follower, looked up in Postgres: server', suite('server'));
