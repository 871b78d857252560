import { QdrantTarget } from '../../src/collections/adapters/qdrant/qdrant-target';
import { pointIdOf } from '../../src/collections/adapters/qdrant/point-id';
import type { Collection } from '../../src/collections/collection';
import type { Copy, FollowedRecord } from '../../src/followers/follower-target.port';
import { openQdrant, type OpenQdrant } from '../support/qdrant';
import { describeWith, services } from '../support/services';

/** Real: Qdrant. Fake: nothing. */
const signal = AbortSignal.timeout(120_000);

const copyNo = (collectionId: number, rest: Partial<Copy> = {}): Copy => ({
  collectionId,
  projectId: 1,
  dimension: 2,
  metric: 'euclid',
  indexes: [],
  epoch: 'e1',
  ...rest,
});

const recordOf = (id: string, version: number, rest: Partial<FollowedRecord> = {}): FollowedRecord => ({
  id,
  version,
  vector: [version, 0],
  text: null,
  metadata: { version },
  createdAt: '2024-01-01T00:00:00.000001Z',
  updatedAt: new Date(0),
  digest: `${id}-${version}`,
  ...rest,
});

describeWith(services.qdrantUrl)('Qdrant as a follower’s target', () => {
  let qdrant: OpenQdrant;
  let target: QdrantTarget;
  let copies = 0;
  let copy: Copy;

  beforeAll(() => {
    qdrant = openQdrant(services.qdrantUrl ?? '');
    target = qdrant.target;
  });
  afterAll(async () => await qdrant.drop());
  beforeEach(async () => {
    copy = copyNo(++copies);
    await target.prepare(copy, signal);
  });

  const path = (rest = ''): string => `/collections/${qdrant.prefix}_${copy.collectionId}_${copy.epoch}${rest}`;
  const versions = async (...ids: string[]): Promise<Record<string, number>> =>
    Object.fromEntries((await target.read(copy, ids, signal)).map(({ id, version }) => [id, version]));
  const search = async () =>
    await qdrant.store.nearest(
      { id: copy.collectionId, projectId: 1, metric: copy.metric, dimension: 2 } as Collection,
      { vector: [0, 0], limit: 3, exact: true, include: { metadata: false, text: false, vector: false } },
      signal,
    );
  /** Past the adapter, as somebody else would. */
  const writePoint = async (id: string, payload: Record<string, unknown> | null): Promise<void> => {
    const body = { points: [{ id, vector: [0, 0], payload }] };
    await qdrant.client.write({ method: 'PUT', path: path('/points?wait=true'), body, signal });
  };

  it('gives back what it was given', async () => {
    const metadata = { a: [1, 1.5, null, { 'x.y': '😀' }], big: 9007199254740991, tiny: 5e-324, no: {} };
    await target.put(copy, [recordOf('a', 1, { text: '', metadata }), recordOf('b', 2)], signal);
    expect(await target.read(copy, ['a', 'b', 'none'], signal)).toEqual(
      expect.arrayContaining([
        { id: 'a', version: 1, projectId: 1, digest: 'a-1', vector: [1, 0], text: '', metadata },
        { id: 'b', version: 2, projectId: 1, digest: 'b-2', vector: [2, 0], text: null, metadata: { version: 2 } },
      ]),
    );
    expect(await target.count(copy, signal)).toBe(2);
  });

  it('never puts an older version over a newer one, whatever else is in the batch', async () => {
    await target.put(copy, [recordOf('a', 10), recordOf('b', 20), recordOf('c', 30), recordOf('d', 5)], signal);
    await target.put(
      copy,
      [recordOf('a', 9), recordOf('b', 21), recordOf('c', 25), recordOf('d', 40), recordOf('e', 1)],
      signal,
    );
    expect(await versions('a', 'b', 'c', 'd', 'e')).toEqual({ a: 10, b: 21, c: 30, d: 40, e: 1 });
  });

  it('writes the same version again, so that a damaged copy can be mended', async () => {
    await target.put(copy, [recordOf('a', 3)], signal);
    await writePoint(pointIdOf('a'), { id: 'a', version: 3, project: 99, digest: 'wrong', metadata: 'no JSON' });
    expect(await target.read(copy, ['a'], signal)).toMatchObject([{ projectId: 99, digest: 'wrong', metadata: {} }]);
    await target.put(copy, [recordOf('a', 3)], signal);
    expect(await target.read(copy, ['a'], signal)).toMatchObject([{ projectId: 1, digest: 'a-3' }]);
  });

  it('keeps the newest of a record that is twice in a batch', async () => {
    await target.put(copy, [recordOf('a', 2), recordOf('a', 1)], signal);
    expect(await versions('a')).toEqual({ a: 2 });
  });

  it('holds, random batch after random batch, the highest version it was ever given', async () => {
    const highest: Record<string, number> = {};
    for (let round = 0; round < 20; round++) {
      const batch = Array.from({ length: 15 }, (_, i) =>
        recordOf(`r${(i * 7 + round) % 40}`, 1 + ((i * 31 + round * 17) % 97)),
      );
      for (const { id, version } of batch) highest[id] = Math.max(highest[id] ?? 0, version);
      await target.put(copy, batch, signal);
    }
    expect(await versions(...Object.keys(highest))).toEqual(highest);
  });

  it('splits what is too much for one request', async () => {
    const text = 'lorem ipsum '.repeat(80_000);
    const records = Array.from({ length: 12 }, (_, i) => recordOf(`r${i}`, i + 1, { text }));
    await target.put(copy, records, signal);
    expect(await target.count(copy, signal)).toBe(12);
  });

  it('blames a record whose arrays multiply beyond measure', async () => {
    let metadata: Record<string, unknown> = { a: [1, 2] };
    for (let level = 0; level < 30; level++) metadata = { a: [1, metadata] };
    const fault = target.put(copy, [recordOf('a', 1, { metadata })], signal);
    await expect(fault).rejects.toMatchObject({ kind: 'rejected', message: expect.stringContaining('"a"') as string });
  });

  it('blames nothing but the input for a vector that does not fit', async () => {
    const fault = target.put(copy, [recordOf('a', 1, { vector: [1, 2, 3] })], signal);
    await expect(fault).rejects.toMatchObject({ kind: 'wrong_data' });
  });

  it('removes what is there and what is not, again and again', async () => {
    await target.put(copy, [recordOf('a', 1), recordOf('b', 1)], signal);
    for (let time = 0; time < 2; time++) await target.remove(copy, ['a', 'none'], signal);
    await target.remove(copy, [], signal);
    expect(await versions('a', 'b')).toEqual({ b: 1 });
  });

  it('spares what is newer than a removal was meant for', async () => {
    await target.put(copy, [recordOf('a', 5), recordOf('b', 5), recordOf('c', 5)], signal);
    const upTo = new Map([
      ['a', 4],
      ['b', 5],
      ['none', 9],
    ]);
    await target.remove(copy, ['a', 'b', 'c', 'none'], signal, upTo);
    expect(await versions('a', 'b', 'c')).toEqual({ a: 5 });
  });

  it('walks through everything in pages', async () => {
    const ids = Array.from({ length: 25 }, (_, i) => `r${i}`);
    await target.put(
      copy,
      ids.map((id) => recordOf(id, 1)),
      signal,
    );
    const found: string[] = [];
    let after: string | undefined;
    do {
      const page = await target.scan(copy, { after, limit: 10 }, signal);
      found.push(...page.entries.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(found.sort()).toEqual(ids.sort());
    expect((await target.scan(copy, { limit: 30 }, signal)).entries[0]).toMatchObject({ version: 1, projectId: 1 });
  });

  it('shows points that are no records, so that they can be removed, and hides them from searches', async () => {
    await target.put(copy, [recordOf('a', 1), recordOf('b', 2)], signal);
    await writePoint('11111111-1111-4111-8111-111111111111', { anything: 'else' });
    await writePoint('22222222-2222-4222-8222-222222222222', { id: 'a', version: 7, project: 1 });
    await writePoint('33333333-3333-4333-8333-333333333333', { id: 'c', version: 7, project: 2 });
    expect(await search()).toEqual([
      { id: 'a', version: 1, score: 1 },
      { id: 'b', version: 2, score: 2 },
    ]);
    const { entries } = await target.scan(copy, { limit: 10 }, signal);
    const strange = entries.map(({ id }) => id).filter((id) => id !== 'a' && id !== 'b');
    expect(strange).toHaveLength(3);
    expect((await target.read(copy, strange, signal)).map(({ id }) => id).sort()).toEqual(strange.sort());
    await target.remove(copy, strange, signal);
    expect(await versions('a', 'b')).toEqual({ a: 1, b: 2 });
    expect(await target.count(copy, signal)).toBe(2);
  });

  it('is prepared again without harm, and gets the indexes it lacks', async () => {
    await target.put(copy, [recordOf('a', 1)], signal);
    await target.prepare({ ...copy, indexes: [{ field: 'price', type: 'number' }] }, signal);
    const info = (await qdrant.client.call({ method: 'GET', path: path(), signal })) as { payload_schema: object };
    expect(Object.keys(info.payload_schema)).toEqual(expect.arrayContaining(['facts.t', 'project', 'facts.n.kprice']));
    expect(await target.count(copy, signal)).toBe(1);
  });

  it.each([
    ['dimension', { dimension: 3 }],
    ['metric', { metric: 'dot' as const }],
  ])('does not take a collection with another %s for its own', async (_, other) => {
    await expect(target.prepare({ ...copy, ...other }, signal)).rejects.toMatchObject({ kind: 'wrong_data' });
  });

  it('misses a copy that somebody dropped', async () => {
    await qdrant.client.call({ method: 'DELETE', path: path(), signal });
    const missing = { kind: 'wrong_data' };
    await expect(target.count(copy, signal)).rejects.toMatchObject(missing);
    await expect(target.put(copy, [recordOf('a', 1)], signal)).rejects.toMatchObject(missing);
    await expect(target.remove(copy, ['a'], signal)).rejects.toMatchObject(missing);
    await expect(target.scan(copy, { limit: 1 }, signal)).rejects.toMatchObject(missing);
    await expect(search()).rejects.toMatchObject(missing);
    await target.drop(copy, signal);
  });

  it('lists and drops its own copies, and sees no others', async () => {
    const stranger = openQdrant(services.qdrantUrl ?? '');
    await stranger.target.prepare(copyNo(1), signal);
    const other = copyNo(900, { epoch: 'other' });
    await target.prepare(other, signal);
    expect(await target.list(signal)).toContainEqual({ collectionId: 900, epoch: 'other' });
    expect(await stranger.target.list(signal)).toEqual([{ collectionId: 1, epoch: 'e1' }]);
    for (let time = 0; time < 2; time++) await target.drop(other, signal);
    expect(await target.list(signal)).not.toContainEqual({ collectionId: 900, epoch: 'other' });
    await stranger.drop();
  });

  it('remembers its mark, the newest alone', async () => {
    expect(await target.readMark(signal)).toBeUndefined();
    await target.writeMark({ storageId: 's1', beat: 1 }, signal);
    await target.writeMark({ storageId: 's1', beat: 2 }, signal);
    expect(await target.readMark(signal)).toEqual({ storageId: 's1', beat: 2 });
    expect(await target.list(signal)).not.toContainEqual(expect.objectContaining({ epoch: 'mark' }));
  });

  it('finds all that tie at the end of a list, and orders them by id', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => `r${String(i).padStart(3, '0')}`);
    await target.put(
      copy,
      ids.map((id, i) => recordOf(id, 1 + i, { vector: [5, 5] })),
      signal,
    );
    expect((await search()).map(({ id }) => id)).toEqual(['r000', 'r001', 'r002']);
  });
});
