import { setTimeout as sleep } from 'node:timers/promises';
import { parseFilter } from '../../src/common/filter';
import { seededRandom } from '../../src/common/seeded-random';
import { Replica } from '../../src/collections/replica/replica.port';
import type { CachedSearch } from '../../src/collections/search/cached-search';
import type { SearchAnswer, SearchRequest } from '../../src/collections/search/search-request';
import { migrate } from '../../src/database/migrate/migrate';
import { openDatabase } from '../../src/database/open-database';
import { EVERYTHING, IDS_ONLY, openRecord, recordOn, type OpenRecord } from '../support/record';
import { describeWith, services } from '../support/services';
import { WordEmbeddings } from '../support/word-embeddings';

const BASE = { limit: 10, include: EVERYTHING, exact: false, explain: false };
const REQUEST: SearchRequest = { ...BASE, query: { vector: [1, 0] } };

/** A copy in Qdrant that has nothing to say. */
class StillReplica extends Replica {
  lag = 0;
  epoch = 'e1';

  epochOf(): string {
    return this.epoch;
  }
  lagOf(): number {
    return this.lag;
  }
  supports(): boolean {
    return true;
  }
  nearest(): Promise<never[]> {
    return Promise.resolve([]);
  }
  search(): Promise<never[]> {
    return Promise.resolve([]);
  }
  vectorOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  repair(): void {
    // It has nothing.
  }
}

/** Real: the database and everything that searches; two replicas where the engine takes two. */
const suite = (engine: 'embedded' | 'server') => (): void => {
  let record: OpenRecord;
  let cached: CachedSearch;
  let name = '';
  let made = 0;

  beforeAll(async () => {
    record = await openRecord(engine);
  });
  afterAll(async () => await record.drop());

  beforeEach(async () => {
    made += 1;
    name = `c${made}`;
    cached = record.cachedWith();
    record.registry.states.delete('qdrant');
    await record.collections.put(record.scope, name, { dimension: 2, metric: 'dot' });
    await write('a', { n: 1 });
  });

  const write = async (id: string, metadata: Record<string, unknown>, vector = [1, 0]): Promise<void> => {
    await record.records.upsert(record.scope, name, [{ id, vector, metadata, text: `text ${id}` }]);
  };
  const search = async (
    change: Partial<SearchRequest> = {},
    by = cached,
    scope = record.scope,
  ): Promise<SearchAnswer> => await by.search(scope, name, { ...REQUEST, ...change });
  const isCached = async (change: Partial<SearchRequest> = {}): Promise<boolean> =>
    (await search(change)).cached === true;
  /** In one transaction. */
  const byHand = async (statementsOn: (table: string, id: number) => string): Promise<void> => {
    const { id } = await record.collections.resolve(record.scope, name);
    const statements = statementsOn(`zerodb_vectors_${id}`, id).split(';');
    await record.database.system.transaction(async (tx) => {
      for (const statement of statements) await tx.query(statement);
    });
  };
  const filterOf = (filter: Record<string, unknown>) => parseFilter(filter, { basePath: '/filter' });

  it('an equal search is answered from memory, as it was, and says so', async () => {
    for (const change of [
      {},
      { exact: true },
      { filter: filterOf({ n: { $gte: 1 } }) },
      { filter: filterOf({ '@created_at': { $lte: '2100-01-01T00:00:00Z' } }) },
      { mode: 'keyword' as const, query: { text: 'text' } },
      { query: { id: 'a' } },
    ]) {
      const { took_ms: _first, ...first } = await search(change);
      const { took_ms, cached: isSecond, ...second } = await search(change);
      expect(first).not.toHaveProperty('cached');
      expect(isSecond).toBe(true);
      expect(second).toEqual(first);
      expect(took_ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('a search that differs in anything is another one', async () => {
    await write('b', { n: 2 }, [0.5, 0]);
    const changes: Partial<SearchRequest>[] = [
      {},
      { limit: 1 },
      { include: IDS_ONLY },
      { exact: true },
      { score_threshold: 0.7 },
      { filter: filterOf({ n: 1 }) },
      { filter: filterOf({ n: '1' }) },
      { filter: filterOf({ n: { $gt: 1 } }) },
      { filter: filterOf({ n: { $gt: 1.5 } }) },
      { filter: filterOf({ '@created_at': { $gt: '2020-01-01T00:00:00Z' } }) },
      { filter: filterOf({ '@created_at': { $gt: '2020-01-01T00:00:00.000001Z' } }) },
      { query: { vector: [1, 0.1] } },
      { query: { id: 'b' } },
      { query: { text: 'text' }, mode: 'keyword' },
    ];
    const plain = await Promise.all(
      changes.map((change) => record.search.search(record.scope, name, { ...REQUEST, ...change })),
    );
    for (const [index, change] of changes.entries()) {
      const answer = await search(change);
      expect([index, answer.cached, answer.results]).toEqual([index, undefined, plain[index]?.results]);
    }
    for (const change of changes) expect(await isCached(change)).toBe(true);
  });

  const writes: Record<string, () => Promise<unknown>> = {
    'a new record': () => write('b', {}),
    'another vector': () => write('a', { n: 1 }, [0.5, 0]),
    'other metadata': () => record.records.patch(record.scope, name, 'a', { metadata: { n: 2 } }),
    'a deletion by id': () => record.records.delete(record.scope, name, 'a'),
    'a deletion by filter': () => record.records.deleteMany(record.scope, name, { filter: filterOf({ n: 1 }) }),
    'an index for filters': () =>
      record.collections.patch(record.scope, name, { indexes: [{ field: 'n', type: 'number' }] }),
    'another language': () => record.collections.patch(record.scope, name, { text: { language: 'de' } }),
    'another compression': () => record.collections.patch(record.scope, name, { compression: { scheme: 'half' } }),
    'the collection made anew': async () => {
      await record.collections.delete(record.scope, name);
      await record.collections.put(record.scope, name, { dimension: 2, metric: 'dot' });
    },
    'an update by the system, or by hand': () => byHand((table) => `update ${table} set metadata = '{"n": 3}'`),
    'an update by hand of the parent of all tables': () =>
      byHand((_table, id) => `update zerodb_vectors set metadata = '{"n": 3}' where collection_id = ${id}`),
    'an insertion by hand into the parent of all tables': () =>
      byHand(
        (
          table,
        ) => `insert into zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, metadata, words)
          select collection_id, project_id, 'b', embedding, embedded_from, metadata, words from ${table}`,
      ),
    'a merge by hand': () =>
      byHand((table) => `merge into ${table} t using (select 'a' as id) s on t.id = s.id when matched then delete`),
    'a table emptied by hand': () => byHand((table) => `truncate ${table}`),
    'all tables emptied by hand': () => byHand(() => 'truncate zerodb_vectors'),
    'an update by hand without ordinary triggers': () =>
      byHand((table) => `set local session_replication_role = replica; update ${table} set metadata = '{"n": 3}'`),
    'an update while the trigger was disabled': () =>
      byHand(
        (table) => `alter table ${table} disable trigger user; update ${table} set metadata = '{"n": 3}';
          alter table ${table} enable always trigger zerodb_records_written`,
      ),
  };
  it.each(Object.keys(writes))('is carried out after %s', async (what) => {
    await search();
    expect(await isCached()).toBe(true);
    await writes[what]?.();
    const { results, cached: isOld } = await search();
    expect(isOld).toBeUndefined();
    const { results: now } = await record.search.search(record.scope, name, REQUEST);
    expect(results).toEqual(now);
  });

  it('is carried out when the write came through another replica, and the collection is known from before', async () => {
    const other = await recordOn(record.database, new WordEmbeddings());
    await search();
    await other.collections.delete(record.scope, name);
    await other.collections.put(record.scope, name, { dimension: 2, metric: 'euclid' });
    await other.records.upsert(record.scope, name, [{ id: 'x', vector: [3, 0] }]);
    expect((await search()).results).toMatchObject([{ id: 'x', score: 2 }]);
  });

  it('a rolled back write changes nothing, and neither does the vector index', async () => {
    await search();
    const collection = await record.collections.resolve(record.scope, name);
    const undone = record.database.transaction(record.scope, async (tx) => {
      const record2 = {
        id: 'b',
        vector: [1, 0],
        vectors: [],
        embeddedFrom: 'vector',
        text: null,
        metadata: {},
      } as const;
      await record.recordsRepository.upsertIn(tx, collection, [record2]);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await byHand((table) => `update ${table} set indexed = not indexed`);
    expect(await isCached()).toBe(true);
  });

  it.each([
    ['that a former version made', 'drop trigger zerodb_records_written on'],
    ['whose trigger somebody disabled', 'alter table', ' disable trigger zerodb_records_written'],
    ['whose trigger does not always fire', 'alter table', ' enable trigger zerodb_records_written'],
  ])('is carried out in a collection %s, until the next start', async (_what, before, after = '') => {
    await search();
    expect(await isCached()).toBe(true);
    await byHand((table) => `${before} ${table}${after}`);
    for (let round = 0; round < 2; round += 1) expect(await isCached()).toBe(false);
    await byHand((table) => `update ${table} set metadata = '{"n": 4}'`);
    await migrate(record.database);
    cached = record.cachedWith();
    expect(await search()).toMatchObject({ results: [{ metadata: { n: 4 } }] });
    expect(await isCached()).toBe(true);
  });

  it('does not wait for a state that comes late time and again', async () => {
    await search();
    expect(await isCached()).toBe(true);
    const { database } = record;
    const ask = database.queryByPlan.bind(database);
    let asked = 0;
    const late = jest.spyOn(database, 'queryByPlan').mockImplementation(async (scope, sql, params) => {
      if (sql.includes('zerodb_record_stamps')) {
        asked += 1;
        await sleep(200);
      }
      return await ask(scope, sql, params);
    });
    try {
      for (let round = 0; round < 10; round += 1) expect(await isCached()).toBe(false);
      expect(asked).toBeLessThanOrEqual(3);
    } finally {
      late.mockRestore();
    }
  });

  it('is carried out after the collection was changed in a way that leaves its version, until that is known', async () => {
    await search();
    expect(await isCached()).toBe(true);
    const { id } = await record.collections.resolve(record.scope, name);
    await record.database.system.query(
      `update zerodb_collections set settings = settings || '{"x": 1}' where id = $1`,
      [id],
    );
    for (let round = 0; round < 2; round += 1) expect(await isCached()).toBe(false);
  });

  it('has scores of the present number of documents, though that is counted now and then', async () => {
    const words = `words${made}`;
    await record.collections.put(record.scope, words, { dimension: 2, metric: 'dot' });
    const add = async (prefix: string, text: string): Promise<void> => {
      const batch = Array.from({ length: 1_050 }, (_, index) => ({ id: `${prefix}${index}`, vector: [1, 0], text }));
      await record.records.upsert(record.scope, words, batch);
    };
    const request = { ...BASE, limit: 3, include: IDS_ONLY, mode: 'keyword' as const, query: { text: 'heron' } };
    const ask = () => cached.search(record.scope, words, request);
    await add('a', 'a tall bird');
    await add('b', 'a small bird');
    await record.records.upsert(record.scope, words, [{ id: 'x', vector: [1, 0], text: 'a heron' }]);
    // The first one counts, and is not kept.
    expect((await ask()).cached).toBeUndefined();
    expect((await ask()).cached).toBeUndefined();
    expect((await ask()).cached).toBe(true);
    await add('c', 'a bird with much to say of itself, by day and by night');
    const before = await ask();
    expect((await ask()).cached).toBe(true);
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 70_000);
    try {
      const after = await ask();
      const fresh = await recordOn(record.database, new WordEmbeddings());
      expect(after.results).toEqual((await fresh.search.search(record.scope, words, request)).results);
      expect(after.results).not.toEqual(before.results);
    } finally {
      later.mockRestore();
    }
  });

  it('a stamp moves to a new slot now and then, so that dead versions stay behind it', async () => {
    const { id } = await record.collections.resolve(record.scope, name);
    const slots = async (): Promise<number[]> => {
      const sql = 'select slot::int from zerodb_record_stamps where collection_id = $1';
      return (await record.database.system.query<{ slot: number }>(sql, [id])).rows.map(({ slot }) => slot);
    };
    const [first = 0] = await slots();
    for (let index = 0; index < 600; index += 1) await record.database.system.query('select zerodb_stamp($1)', [id]);
    const [last, ...others] = await slots();
    expect(last).toBeGreaterThan(first);
    expect(others).toEqual([]);
  });

  it('is carried out where the answer is to show how it was found, or may be stale, or nobody may keep it', async () => {
    const others: Partial<SearchRequest>[] = [{ explain: true }, { consistency: 'eventual' }, { engine: 'pgvector' }];
    for (const change of others) {
      await search(change);
      expect(await isCached(change)).toBe(false);
    }
    const off = record.cachedWith(undefined, { cacheMb: 0 });
    await search({}, off);
    expect((await search({}, off)).cached).toBeUndefined();
  });

  it('is carried out where Qdrant ranks, unless it is asked for, and then as long as nothing stands in its way', async () => {
    const { registry } = record;
    registry.states.set('qdrant', 'up');
    const replica = new StillReplica();
    const byDefault = record.cachedWith(replica);
    const kept = record.cachedWith(replica, { cacheFor: 'all' });
    const isKept = async (by: CachedSearch): Promise<unknown> => (await search({}, by)).cached;
    const { id, projectId } = await record.collections.resolve(record.scope, name);
    await record.database.system.query(
      `insert into zerodb_followers (name, storage_id) values ('qdrant', 's') on conflict do nothing`,
    );
    await record.database.system.query(
      `insert into zerodb_copies (follower, collection_id, project_id, epoch, state) values ('qdrant', $1, $2, 'e1', 'serving')`,
      [id, projectId],
    );
    await search({}, byDefault);
    expect(await isKept(byDefault)).toBeUndefined();
    expect(await search({}, kept)).toMatchObject({ served_by: 'qdrant', degraded: false });
    expect(await search({}, kept)).toMatchObject({ served_by: 'qdrant', degraded: false, cached: true });
    replica.lag = 1;
    expect(await isKept(kept)).toBeUndefined();
    replica.lag = 0;
    registry.states.set('qdrant', 'suspect');
    expect(await isKept(kept)).toBeUndefined();
    registry.states.set('qdrant', 'down');
    for (let round = 0; round < 3; round += 1) {
      const answer = await search({}, kept);
      expect(answer).toMatchObject({ served_by: 'pgvector', degraded: true });
      expect(answer.cached).toBeUndefined();
    }
    registry.states.set('qdrant', 'up');
    expect(await isKept(kept)).toBe(true);
    replica.epoch = 'e2';
    expect(await isKept(kept)).toBeUndefined();
  });

  it('is carried out where a degraded answer was all there was', async () => {
    const embeddings = new WordEmbeddings();
    const other = await recordOn(record.database, embeddings);
    const texts = `t${made}`;
    await other.collections.put(record.scope, texts, { embedding_model: 'words' });
    await other.records.upsert(record.scope, texts, [{ id: 'a', text: 'a heron' }]);
    const by = other.cachedWith();
    embeddings.isUnavailable = true;
    const ask = () => by.search(record.scope, texts, { ...BASE, query: { text: 'heron' } });
    for (let round = 0; round < 3; round += 1) expect(await ask()).toMatchObject({ degraded: true });
    embeddings.isUnavailable = false;
    expect(await ask()).toMatchObject({ degraded: false });
    expect(await ask()).toMatchObject({ degraded: false, cached: true });
  });

  it('belongs to its project', async () => {
    const theirs = await record.project(`p${made}`);
    await record.collections.put(theirs, name, { dimension: 2, metric: 'dot' });
    await search();
    expect((await search({}, cached, theirs)).results).toEqual([]);
    expect(await isCached()).toBe(true);
    expect(await search({}, cached, theirs)).toMatchObject({ results: [], cached: true });
  });

  it('an invalid search is refused however often it is sent', async () => {
    for (let round = 0; round < 3; round += 1) {
      await expect(search({ query: { vector: [1] } })).rejects.toMatchObject({ status: 422 });
    }
  });

  it('searches that are never repeated read no state, by and large', async () => {
    const asked = jest.spyOn(record.database, 'queryByPlan');
    for (let index = 0; index < 400; index += 1) await search({ query: { vector: [1, index] }, include: IDS_ONLY });
    const states = asked.mock.calls.filter(([, sql]) => sql.includes('zerodb_record_stamps')).length;
    asked.mockRestore();
    expect(states).toBeLessThan(160);
  });
};

const WRITERS = 6;
const READERS = 6;
const LAST_MS = 4_000;

/**
 * Writers raise numbers, each in a record of its own, now and then in a transaction that stays open while others commit.
 * Readers search time and again. Each must find every number that was acknowledged before it began, or a higher one.
 */
const race = (engine: 'embedded' | 'server') => (): void => {
  it('every search sees every write that was acknowledged before, through either replica', async () => {
    const record = await openRecord(engine);
    const second = engine === 'server' ? await openDatabase(record.options) : undefined;
    const replicas = [record, second ? await recordOn(second, new WordEmbeddings()) : record];
    const { scope } = record;
    const name = 'raced';
    const random = seededRandom(65);
    await record.collections.put(scope, name, { dimension: 2, metric: 'dot' });
    const collection = await record.collections.resolve(scope, name);
    const acknowledged = Array.from({ length: WRITERS }, () => 0);
    const until = performance.now() + LAST_MS;
    let hits = 0;
    let misses = 0;

    const stored = (writer: number, n: number) =>
      ({
        id: `w${writer}`,
        vector: [1, writer],
        vectors: [],
        embeddedFrom: 'vector',
        text: null,
        metadata: { n },
      }) as const;
    const writing = Array.from({ length: WRITERS }, async (_, writer) => {
      const { database, recordsRepository } = replicas[writer % 2] ?? record;
      for (let n = 1; performance.now() < until; n += 1) {
        await database.transaction(scope, async (tx) => {
          await recordsRepository.upsertIn(tx, collection, [stored(writer, n)]);
          if (random() < 0.5) await sleep(random() * 30);
        });
        acknowledged[writer] = n;
        // Long enough for some searches to be repeated between two writes.
        await sleep(random() * 400);
      }
    });
    const reading = Array.from({ length: READERS }, async (_, reader) => {
      const search = (replicas[reader % 2] ?? record).cachedWith();
      while (performance.now() < until) {
        const seen = [...acknowledged];
        const answer = await search.search(scope, name, {
          ...REQUEST,
          limit: WRITERS,
          exact: reader % 3 === 0,
          include: { metadata: true, text: false, vector: false },
        });
        if (answer.cached) hits += 1;
        else misses += 1;
        const found = new Map(answer.results.map(({ id, metadata }) => [id, Number(metadata?.['n'])]));
        for (const [writer, n] of seen.entries()) {
          if (n > 0) expect(found.get(`w${writer}`)).toBeGreaterThanOrEqual(n);
        }
        await sleep(random() * 5);
      }
    });
    try {
      await Promise.all([...writing, ...reading]);
      // Otherwise nothing was shown.
      expect(hits).toBeGreaterThan(20);
      expect(misses).toBeGreaterThan(20);
      const { rows } = await record.database.system.query<{ stamps: number }>(
        'select count(*)::int as stamps from zerodb_record_stamps where collection_id = $1',
        [collection.id],
      );
      // About as many as there were writers at once, however much was written.
      expect(rows[0]?.stamps).toBeLessThanOrEqual(2 * WRITERS);
    } finally {
      await second?.close();
      await record.drop();
    }
  }, 40_000);
};

describe('searches that are repeated: embedded', suite('embedded'));
describeWith(services.postgresUrl)('searches that are repeated: server', suite('server'));
describe('searches that are repeated beside writers: embedded', race('embedded'));
describeWith(services.postgresUrl)('searches that are repeated beside writers: server', race('server'));
