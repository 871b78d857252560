import type { Scope } from '../common/scope';
import type { Collection } from './collection';
import { CollectionCache } from './collection-cache';

const scope: Scope = { projectId: 1, projectName: 'default' };
const collection = (id: number): Collection => ({ id }) as Collection;

describe('CollectionCache', () => {
  it('forgets the one that was looked up the longest ago, not all of them', () => {
    const cache = new CollectionCache(3);
    for (const id of [1, 2, 3]) cache.set(scope, `c${id}`, collection(id));
    cache.set(scope, 'c1', collection(1));
    cache.set(scope, 'c4', collection(4));
    const kept = ['c1', 'c2', 'c3', 'c4'].filter((name) => cache.kept(scope, name) !== undefined);
    expect(kept).toEqual(['c1', 'c3', 'c4']);
  });

  it('keeps the latest ten thousand for the time without Postgres', () => {
    const cache = new CollectionCache();
    for (let id = 0; id < 10_500; id += 1) cache.set(scope, `c${id}`, collection(id));
    const kept = Array.from({ length: 10_500 }, (_, id) => cache.kept(scope, `c${id}`)).filter(Boolean);
    expect(kept).toHaveLength(10_000);
    expect(cache.kept(scope, 'c499')).toBeUndefined();
    expect(cache.kept(scope, 'c500')).toBeDefined();
  });
});
