import type { AdvancedService } from '../../collections/advanced/advanced.service';
import type { Collection } from '../../collections/collection';
import type { CollectionsService } from '../../collections/collections.service';
import type { PointsService } from '../../collections/points/points.service';
import type { RecordsService } from '../../collections/records/records.service';
import type { SearchService } from '../../collections/search/search.service';
import type { Include } from '../../collections/vector-store.port';
import { mostPoints } from './limits';
import { PointReader, vectorBudget } from './point-reader';
import { PointSearch, type Asked } from './point-search';
import type { Target } from './point-updates';
import type { Query } from './query';
import { Ranking } from './ranking';

type Body = Asked['body'];

const target = { scope: { projectId: 1, projectName: 'p' }, collection: 'c', signal: AbortSignal.any([]) } as Target;

/** A collection in which the nearest records are the given ids, then any number of points. */
const searchOf = (
  dimension: number,
  others: readonly string[],
  query: Query = { kind: 'nearest', to: { vector: [1] } },
) => {
  const collection = { name: 'c', dimension, metric: 'dot', settings: {} };
  const hitsOf = (limit: number) =>
    Array.from({ length: limit }, (_, index) => ({ id: others[index] ?? String(index), score: 1, version: 1 }));
  const ranking = new Ranking(
    {
      search: (_scope: unknown, _name: string, { limit }: { limit: number }) =>
        Promise.resolve({ results: hitsOf(limit) }),
    } as unknown as SearchService,
    {} as AdvancedService,
    { count: () => Promise.resolve(1e6) } as unknown as RecordsService,
    {} as PointsService,
    {} as PointReader,
  );
  const search = new PointSearch(
    { resolve: () => Promise.resolve(collection) } as unknown as CollectionsService,
    {} as PointsService,
    ranking,
    {} as PointReader,
  );
  return async (...bodies: Body[]) =>
    await search.all(
      target,
      bodies.map((body) => ({ body, read: () => query, name: 'internal' })),
    );
};

describe('rankings of points', () => {
  const none = searchOf(1_000, []);

  it('bound the points of one answer, and the numbers of its vectors', async () => {
    expect(mostPoints({ dimension: 400 }, { include: { vector: true } })).toBe(10_000);
    expect(mostPoints({ dimension: 1_000 }, { include: { vector: true } })).toBe(4_000);
    expect(mostPoints({ dimension: 1_000 }, { include: { vector: false } })).toBe(10_000);
    expect((await none({ limit: 10_000 }))[0]).toHaveLength(10_000);
    await expect(none({ limit: 10_001 })).rejects.toThrow('at most 10000 points');
    expect((await none({ limit: 4_000, with_vector: true }))[0]).toHaveLength(4_000);
    await expect(none({ limit: 3_000, offset: 1_001, with_vector: true })).rejects.toThrow('at most 4000 points');
  });

  it('bound those of a batch together', async () => {
    const batch = (count: number, body: Body) => none(...Array.from({ length: count }, () => body));
    expect(await batch(100, { limit: 100 })).toHaveLength(100);
    await expect(batch(100, { limit: 100, offset: 1 })).rejects.toThrow('10100 points');
    expect(await batch(4, { limit: 1_000, with_vector: true })).toHaveLength(4);
    await expect(batch(4, { limit: 1_001, with_vector: true })).rejects.toThrow('4004000 numbers');
  });

  it('bound what is compared with each other', async () => {
    const diverse = (candidates: number) =>
      searchOf(1_000, [], { kind: 'nearest', to: { vector: [1] }, mmr: { lambda: 0.5, candidates } });
    await expect(diverse(1_001)({ limit: 1 })).rejects.toThrow('at most 1000 points with "mmr"');
    await expect(diverse(5_001)({ limit: 1 }, { limit: 1 })).rejects.toThrow('10002 points');
  });

  it('look behind other records, and say so where they look no further', async () => {
    const others = (count: number) => Array.from({ length: count }, (_, index) => `doc-${index}`);
    expect((await searchOf(2, others(19_999))({ limit: 1 }))[0]).toMatchObject([{ id: 19_999 }]);
    await expect(searchOf(2, others(20_000))({ limit: 1 })).rejects.toThrow('of the 20000 nearest records are points');
  });
});

describe('points with their vectors', () => {
  const settings = { vectors: { t: { dimension: 1_000, kind: 'dense' } } };
  const collection = { name: 'c', dimension: 1_000, settings } as unknown as Collection;
  const dense = `[${new Array(1_000).fill(1).join(',')}]`;
  const reader = new PointReader({
    list: (_scope: unknown, _name: string, { ids, include }: { ids: string[]; include: Include }) => {
      const row = { vector: include.vector ? dense : null, vectors: include.vectors ? [{ name: 't', dense }] : null };
      return Promise.resolve({ data: ids.map((id) => ({ id, ...row })) });
    },
  } as unknown as RecordsService);
  const ids = Array.from({ length: 5_000 }, (_, index) => `${index}`);
  const read = async (vector: boolean, vectors: boolean, budget = vectorBudget()) =>
    (await reader.read(target.scope, collection, ids, { metadata: false, text: false, vector, vectors }, budget)).read;

  it('are read up to a bound, whether these have names or not', async () => {
    expect(await read(true, false)).toBe(4_000);
    expect(await read(false, true)).toBe(4_000);
    expect(await read(true, true)).toBe(2_000);
    expect(await read(false, false)).toBe(5_000);
  });

  it('share the bound with what was read before', async () => {
    const budget = vectorBudget();
    budget.left -= 1;
    expect(await read(true, false, budget)).toBe(0);
  });
});
