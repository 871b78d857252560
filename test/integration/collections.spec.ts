import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseFilter } from '../../src/common/filter';
import { describeWith, services } from '../support/services';
import { EVERYTHING, IDS_ONLY, openRecord, randomVector, type OpenRecord } from '../support/record';
import { seededRandom } from '../../src/common/seeded-random';

const filter = (input: Record<string, unknown>) => parseFilter(input, { basePath: '/filter' });
const search = { limit: 10, include: EVERYTHING, exact: false, explain: false };

function suite(engine: 'embedded' | 'server'): void {
  let record: OpenRecord;
  beforeAll(async () => {
    record = await openRecord(engine);
  });
  afterAll(async () => await record.drop());

  describe('bulk deletion', () => {
    it.each([
      [{ a: { $in: [1, 1] } }, ['2', 'none']],
      [{ a: { $in: [0, -0, 2] } }, ['1', 'none']],
      [{ a: { $in: [1, null, 1] } }, ['2']],
      [{ a: { $nin: [2, 2] } }, ['2']],
    ])('of %j takes exactly the records that it selects', async (input, left) => {
      await record.collections.put(record.scope, 'bulk', { dimension: 1 });
      const records = [
        { id: '1', vector: [1], metadata: { a: 1 } },
        { id: '2', vector: [1], metadata: { a: 2 } },
        { id: 'none', vector: [1] },
      ];
      await record.records.upsert(record.scope, 'bulk', records);
      const deleted = await record.records.deleteMany(record.scope, 'bulk', { filter: filter(input) });
      expect(deleted).toBe(3 - left.length);
      const { data } = await record.records.list(record.scope, 'bulk', { limit: 10, include: IDS_ONLY, afterPath: '' });
      expect(data.map(({ id }) => id)).toEqual(left);
    });
  });

  describe('collections', () => {
    it('get the default model without dimension and model, and none with a dimension alone', async () => {
      const { collection } = await record.collections.put(record.scope, 'texts', {});
      expect(collection).toMatchObject({ dimension: 16, model: { name: 'words' } });
      const { collection: bare } = await record.collections.put(record.scope, 'bare', { dimension: 3 });
      expect(bare.model).toBeNull();
    });

    it('are found again by the same description, and refused by another', async () => {
      const first = await record.collections.put(record.scope, 'same', { dimension: 3, metric: 'dot' });
      const again = await record.collections.put(record.scope, 'same', { dimension: 3, metric: 'dot' });
      expect([first.created, again.created, again.collection.id]).toEqual([true, false, first.collection.id]);
      await expect(record.collections.put(record.scope, 'same', { dimension: 4 })).rejects.toMatchObject({
        status: 409,
      });
    });

    it('take a dimension that is not the model’s for a mistake', async () => {
      const put = record.collections.put(record.scope, 'odd', { embedding_model: 'words', dimension: 5 });
      await expect(put).rejects.toMatchObject({ status: 422, faults: [{ path: '/dimension' }] });
    });

    it('are gone with their tables when deleted, and may be made anew', async () => {
      await record.collections.put(record.scope, 'brief', { dimension: 2 });
      await record.records.upsert(record.scope, 'brief', [{ id: 'a', vector: [1, 2] }]);
      await record.collections.delete(record.scope, 'brief');
      await expect(record.records.count(record.scope, 'brief', {})).rejects.toMatchObject({ status: 404 });
      await record.collections.put(record.scope, 'brief', { dimension: 2 });
      expect(await record.records.count(record.scope, 'brief', {})).toBe(0);
    });

    it('keep metadata indexes that change nothing but speed', async () => {
      const indexes = [
        { field: 'year', type: 'number' as const },
        { field: "o'dd.\\.x", type: 'string' as const },
      ];
      await record.collections.put(record.scope, 'indexed', { dimension: 1, metric: 'dot', indexes });
      const years = [1999, 2001, [2003, 1990], '2002', null];
      const records = years.map((year, i) => ({ id: `${i}`, vector: [1], metadata: { year } }));
      await record.records.upsert(record.scope, 'indexed', records);
      const count = () => record.records.count(record.scope, 'indexed', { filter: filter({ year: { $gt: 2000 } }) });
      expect(await count()).toBe(2);
      await record.collections.patch(record.scope, 'indexed', { indexes: [] });
      expect(await count()).toBe(2);
    });
  });

  describe('records', () => {
    beforeAll(async () => {
      await record.collections.put(record.scope, 'docs', {});
    });

    it('are found by meaning and by keyword as soon as they are stored', async () => {
      await record.records.upsert(record.scope, 'docs', [
        { id: 'engines', text: 'Jet engines burn kerosene', metadata: { kind: 'machine' } },
        { id: 'cats', text: 'Cats sleep all day', metadata: { kind: 'animal' } },
      ]);
      for (const mode of ['hybrid', 'vector', 'keyword'] as const) {
        const answer = await record.search.search(record.scope, 'docs', {
          ...search,
          query: { text: 'engines' },
          mode,
        });
        expect(answer.results[0]?.id).toBe('engines');
        expect(answer.degraded).toBe(false);
      }
    });

    it('replace their words when they are replaced', async () => {
      await record.records.upsert(record.scope, 'docs', [{ id: 'moving', text: 'zebra' }]);
      await record.records.upsert(record.scope, 'docs', [{ id: 'moving', text: 'giraffe' }]);
      const found = async (word: string) =>
        (
          await record.search.search(record.scope, 'docs', { ...search, query: { text: word }, mode: 'keyword' })
        ).results.map(({ id }) => id);
      expect(await found('zebra')).toEqual([]);
      expect(await found('giraffe')).toEqual(['moving']);
      await record.records.delete(record.scope, 'docs', 'moving');
      expect(await found('giraffe')).toEqual([]);
    });

    it('are stored all or none', async () => {
      const batch = [
        { id: 'good', text: 'fine' },
        { id: 'bad', vector: [1, 2] },
      ];
      await expect(record.records.upsert(record.scope, 'docs', batch)).rejects.toMatchObject({
        status: 422,
        faults: [{ path: '/records/1/vector' }],
      });
      await expect(record.records.get(record.scope, 'docs', 'good', EVERYTHING)).rejects.toMatchObject({ status: 404 });
    });

    it.each([
      ['NaN', [NaN], '/records/0/vector/0'],
      ['an infinite number', [Number.POSITIVE_INFINITY], '/records/0/vector/0'],
      ['a number beyond 32 bits', [1e39], '/records/0/vector/0'],
      ['no numbers', [], '/records/0/vector'],
      ['a zero vector under cosine', [0], '/records/0/vector'],
      ['what rounds to zero in 32 bits', [1e-60], '/records/0/vector'],
      ['bad base64', '!!!!', '/records/0/vector'],
      ['base64 of three bytes', 'AAAA', '/records/0/vector'],
    ])('refuse %s', async (_name, vector, path) => {
      await record.collections.put(record.scope, 'one', { dimension: 1 });
      await expect(record.records.upsert(record.scope, 'one', [{ id: 'x', vector }])).rejects.toMatchObject({
        faults: [{ path }],
      });
    });

    it('refuse an id that is in the batch twice', async () => {
      const batch = [
        { id: 'twin', text: 'a' },
        { id: 'twin', text: 'b' },
      ];
      await expect(record.records.upsert(record.scope, 'docs', batch)).rejects.toMatchObject({
        faults: [{ path: '/records/1/id' }],
      });
    });

    it('rise in version with each change, also after a deletion', async () => {
      const put = async () =>
        Number((await record.records.upsert(record.scope, 'docs', [{ id: 'v', text: 'v' }])).versions[0]);
      const first = await put();
      const second = await put();
      await record.records.delete(record.scope, 'docs', 'v');
      const third = await put();
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
    });

    it('are patched: metadata merged, text embedded anew, an empty change without a new version', async () => {
      await record.records.upsert(record.scope, 'docs', [
        { id: 'p', text: 'first words', metadata: { a: 1, b: { c: 2 } } },
      ]);
      const before = await record.records.get(record.scope, 'docs', 'p', EVERYTHING);
      const same = await record.records.patch(record.scope, 'docs', 'p', { metadata: { a: 1 } });
      expect(same.version).toBe(before.version);
      const after = await record.records.patch(record.scope, 'docs', 'p', {
        text: 'other',
        metadata: { b: { c: null, d: 3 } },
      });
      expect(after).toMatchObject({ text: 'other', metadata: { a: 1, b: { d: 3 } } });
      expect(after.version).toBeGreaterThan(before.version);
      expect(after.vector).not.toEqual(before.vector);
    });

    it('are changed only at the version that was asked for', async () => {
      await record.records.upsert(record.scope, 'docs', [{ id: 'm', text: 'm' }]);
      const patch = record.records.patch(record.scope, 'docs', 'm', { text: 'n' }, 1);
      await expect(patch).rejects.toMatchObject({ status: 412 });
      await expect(record.records.delete(record.scope, 'docs', 'm', 1)).rejects.toMatchObject({ status: 412 });
      expect(await record.records.get(record.scope, 'docs', 'm', EVERYTHING)).toMatchObject({ text: 'm' });
    });

    it('are written by many at once without deadlock', async () => {
      const ids = Array.from({ length: 50 }, (_, i) => `c${i}`);
      const batches = Array.from({ length: 8 }, (_, n) =>
        (n % 2 ? [...ids].reverse() : ids).map((id) => ({ id, text: `word${n}` })),
      );
      await Promise.all(batches.map((batch) => record.records.upsert(record.scope, 'docs', batch)));
      expect(await record.records.count(record.scope, 'docs', { ids })).toBe(50);
    });
  });

  describe('lists', () => {
    const values = [3, 1, 'b', 'a', true, null, undefined, [], 2];
    beforeAll(async () => {
      await record.collections.put(record.scope, 'lists', { dimension: 1, metric: 'dot' });
      const records = values.map((v, i) => ({ id: `l${i}`, vector: [1], metadata: v === undefined ? {} : { v } }));
      await record.records.upsert(record.scope, 'lists', records);
    });

    const walk = async (order?: 'asc' | 'desc', limit = 2) => {
      const ids: string[] = [];
      const sort = order ? [{ field: 'v', order }] : undefined;
      for (let after: string | undefined; ;) {
        const page = await record.records.list(record.scope, 'lists', {
          sort,
          limit,
          after,
          afterPath: '/after',
          include: EVERYTHING,
        });
        ids.push(...page.data.map(({ id }) => id));
        if (page.next_cursor === null) return ids;
        after = page.next_cursor;
      }
    };

    it('walk all pages once, by id', async () => {
      expect(await walk()).toEqual(['l0', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7', 'l8']);
    });

    it('sort by kind and value, the absent last either way', async () => {
      expect(await walk('asc')).toEqual(['l1', 'l8', 'l0', 'l3', 'l2', 'l4', 'l5', 'l6', 'l7']);
      expect(await walk('desc')).toEqual(['l0', 'l8', 'l1', 'l2', 'l3', 'l4', 'l5', 'l6', 'l7']);
    });

    it('sort date-times of several zones by instant, equal instants by the next key', async () => {
      await record.collections.put(record.scope, 'dated', { dimension: 1, metric: 'dot' });
      const dated: Record<string, unknown> = {
        plain: '2024-05-01',
        late: '2024-05-01T12:00:00-05:00',
        same: '2024-05-01T17:00:00z',
        early: '2024-05-01T23:30:00+09:00',
        micro: '2024-05-01T17:00:00.000002Z',
        micros: '2024-05-01t19:00:00.0000015+02:00',
        old: '0001-01-01T00:00:00Z',
        far: '9999-12-31T23:59:59.999999Z',
        farther: '9999-12-31T23:59:59.9999999-00:01',
        number: 7,
        invalid: '2024-02-30T00:00:00Z',
      };
      const records = Object.entries(dated).map(([id, at]) => ({ id, vector: [1], metadata: { at } }));
      await record.records.upsert(record.scope, 'dated', records);
      const sorted = async (order: 'asc' | 'desc', limit: number): Promise<string[]> => {
        const ids: string[] = [];
        let after: string | undefined;
        do {
          const sort = [{ field: 'at', order }];
          const request = { sort, limit, after, afterPath: '/after', include: IDS_ONLY };
          const page = await record.records.list(record.scope, 'dated', request);
          ids.push(...page.data.map(({ id }) => id));
          after = page.next_cursor ?? undefined;
        } while (after !== undefined);
        return ids;
      };
      const instants = ['old', 'early', 'late', 'same', 'micros', 'micro', 'far', 'farther'];
      expect(await sorted('asc', 100)).toEqual(['number', ...instants, 'invalid', 'plain']);
      expect(await sorted('asc', 2)).toEqual(await sorted('asc', 100));
      const downwards = ['farther', 'far', 'micro', 'micros', 'late', 'same', 'early', 'old'];
      expect(await sorted('desc', 3)).toEqual(['number', ...downwards, 'plain', 'invalid']);
    });

    it('refuse a cursor of another sort', async () => {
      const page = await record.records.list(record.scope, 'lists', {
        limit: 1,
        afterPath: '/after',
        include: EVERYTHING,
      });
      const request = {
        sort: [{ field: 'v', order: 'asc' as const }],
        limit: 1,
        after: String(page.next_cursor),
        afterPath: '/after',
        include: EVERYTHING,
      };
      await expect(record.records.list(record.scope, 'lists', request)).rejects.toMatchObject({
        status: 422,
        faults: [{ path: '/after' }],
      });
    });
  });

  describe('the advanced operations', () => {
    beforeAll(async () => {
      await record.collections.put(record.scope, 'plane', { dimension: 2 });
      const at = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
      await record.records.upsert(record.scope, 'plane', [
        { id: 'east', vector: at(0), metadata: { colour: ['red', 'blue'] } },
        { id: 'east2', vector: at(1), metadata: { colour: 'red' } },
        { id: 'north', vector: at(90), metadata: { colour: 'blue' } },
        { id: 'north2', vector: at(91), metadata: { colour: 'green' } },
        { id: 'west', vector: at(180) },
      ]);
    });
    const narrowing = { include: EVERYTHING, exact: true };

    it('recommend what is like the positive and unlike the negative examples', async () => {
      const answer = await record.advanced.recommend(record.scope, 'plane', {
        ...narrowing,
        positive: ['east'],
        negative: [[0, 1]],
        limit: 2,
      });
      expect(answer.results.map(({ id }) => id)).toEqual(['east2', 'north']);
    });

    it('group by a field, best first, an array in each of its groups', async () => {
      const { groups } = await record.advanced.groups(record.scope, 'plane', {
        ...narrowing,
        query: { vector: [1, 0] },
        group_by: 'colour',
        groups: 2,
        group_size: 2,
      });
      expect(groups.map(({ value, results }) => [value, results.map(({ id }) => id)])).toEqual([
        ['red', ['east', 'east2']],
        ['blue', ['east', 'north']],
      ]);
    });

    it('diversify', async () => {
      const answer = await record.advanced.diversify(record.scope, 'plane', {
        ...narrowing,
        query: { vector: [1, 0.5] },
        limit: 2,
        lambda: 0.3,
      });
      const ids = answer.results.map(({ id }) => id);
      expect(ids).toHaveLength(2);
      expect(new Set(ids.map((id) => id.replace('2', ''))).size).toBe(2);
    });

    it('find near-duplicates', async () => {
      const { clusters } = await record.advanced.duplicates(record.scope, 'plane', { threshold: 0.999, limit: 10 });
      expect(clusters.map(({ ids }) => ids)).toEqual([
        ['east', 'east2'],
        ['north', 'north2'],
      ]);
    });

    it('count values', async () => {
      const { facets } = await record.advanced.facets(record.scope, 'plane', { fields: ['colour'], limit: 2 });
      expect(facets.colour).toEqual([
        { value: 'blue', count: 2 },
        { value: 'red', count: 2 },
      ]);
    });
  });

  it('goes on by keyword while the embedding provider is away, and says so', async () => {
    await record.collections.put(record.scope, 'away', {});
    await record.records.upsert(record.scope, 'away', [{ id: 'k', text: 'lighthouse keeper' }]);
    record.embeddings.isUnavailable = true;
    const answer = await record.search.search(record.scope, 'away', { ...search, query: { text: 'lighthouse' } });
    record.embeddings.isUnavailable = false;
    expect(answer).toMatchObject({
      degraded: true,
      degraded_reasons: ['embeddings_unavailable'],
      served_by: 'postgres',
    });
    expect(answer.results.map(({ id }) => id)).toEqual(['k']);
  });

  it('imports what it exports, names faulty lines, and stops when asked to', async () => {
    await record.collections.put(record.scope, 'in', { dimension: 2 });
    await record.collections.put(record.scope, 'out', { dimension: 2 });
    const lines = [
      '{"id":"1","vector":[1,2],"text":"one"}',
      'nonsense',
      '{"id":"3","vector":[1]}',
      '{"id":"4","vector":[3,4],"metadata":{"a":"b"}}',
    ];
    const body = () => Readable.from([Buffer.from(lines.join('\n'))]);
    const report = await record.transfer.import(record.scope, 'in', body(), { onError: 'continue' });
    expect(report).toMatchObject({
      imported: 2,
      failed: 2,
      errors: [
        { line: 2, code: 'malformed' },
        { line: 3, code: 'invalid' },
      ],
    });
    const stopped = await record.transfer.import(record.scope, 'out', body(), { onError: 'stop' });
    expect(stopped).toMatchObject({ imported: 1, failed: 1 });
    const exported = await text(await record.transfer.export(record.scope, 'in', 'base64'));
    await record.transfer.import(record.scope, 'out', Readable.from([Buffer.from(exported)]), { onError: 'stop' });
    const copy = await text(await record.transfer.export(record.scope, 'out', 'base64'));
    const content = (ndjson: string) =>
      ndjson
        .trim()
        .split('\n')
        .map((line) => {
          const { id, vector, text: words, metadata } = JSON.parse(line) as Record<string, unknown>;
          return { id, vector, words, metadata };
        });
    expect(content(copy)).toEqual(content(exported));
  });

  it('moves records into the index without losing any from searches', async () => {
    const random = seededRandom(7);
    const { collection } = await record.collections.put(record.scope, 'many', { dimension: 8 });
    const vectors = Array.from({ length: 3000 }, () => randomVector(random, 8));
    await record.records.upsert(
      record.scope,
      'many',
      vectors.map((vector, i) => ({ id: `n${i}`, vector })),
    );
    await record.indexes.build(collection);
    const { counts } = await record.collections.get(record.scope, 'many');
    expect(counts).toEqual({ records: 3000, indexed: 3000 });
    await record.records.upsert(record.scope, 'many', [{ id: 'fresh', vector: vectors[5] }]);
    const answer = await record.search.search(record.scope, 'many', { ...search, query: { vector: vectors[5] } });
    expect(answer.results.slice(0, 2).map(({ id }) => id)).toEqual(['fresh', 'n5']);
    const [operation] = await record.operations.list(record.scope, 1);
    expect(operation).toMatchObject({ kind: 'index_build', state: 'succeeded', result: { indexed: 3000 } });
  });

  it('builds other indexes although one can’t hold its numbers, and waits with that one', async () => {
    const compression = { scheme: 'half' as const };
    const { collection } = await record.collections.put(record.scope, 'huge', { dimension: 2, compression });
    const rows = (first: number) =>
      Array.from({ length: 2_500 }, (_, i) => ({ id: `n${i}`, vector: [i === 0 ? first : 1, i] }));
    await record.records.upsert(record.scope, 'huge', rows(70_000));
    await record.collections.put(record.scope, 'later', { dimension: 2 });
    await record.records.upsert(record.scope, 'later', rows(1));
    await record.indexes.buildAll();
    expect((await record.collections.get(record.scope, 'later')).counts).toEqual({ records: 2_500, indexed: 2_500 });
    const ofHuge = async () =>
      (await record.operations.list(record.scope, 100)).filter(({ subject }) => subject === collection.name);
    expect(await ofHuge()).toMatchObject([{ kind: 'index_build', state: 'failed' }]);
    await record.indexes.buildAll();
    expect(await ofHuge()).toHaveLength(1);
    const query = { vector: [70_000, 0] };
    const found = await record.search.search(record.scope, 'huge', { ...search, query });
    expect(found.results[0]?.id).toBe('n0');
    await record.collections.delete(record.scope, 'huge');
  });

  it('keeps projects apart', async () => {
    const other = await record.project(`other-${engine}`);
    await record.collections.put(record.scope, 'mine', { dimension: 1 });
    await expect(record.collections.resolve(other, 'mine')).rejects.toMatchObject({ status: 404 });
    await record.collections.put(other, 'mine', { dimension: 2 });
    expect((await record.collections.resolve(record.scope, 'mine')).dimension).toBe(1);
  });
}

describe('collections on the embedded engine', () => suite('embedded'));
describeWith(services.postgresUrl)('collections on a Postgres server', () => suite('server'));
