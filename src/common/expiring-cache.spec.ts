import { ExpiringCache } from './expiring-cache';

describe('ExpiringCache', () => {
  it('forgets by age, however often an entry is used, and the least recently used first', () => {
    let now = 0;
    const cache = new ExpiringCache<number>(2, 100, 1_000, () => now);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.get('a');
    cache.set('c', 3);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([1, undefined, 3]);
    now = 99;
    expect(cache.get('a')).toBe(1);
    now = 100;
    expect(cache.get('a')).toBeUndefined();
  });

  it('keeps what expired for those who cannot ask anew, up to a bound', () => {
    let now = 0;
    const cache = new ExpiringCache<number>(2, 100, 1_000, () => now);
    cache.set('a', 1);
    now = 999;
    expect([cache.get('a'), cache.kept('a')]).toEqual([undefined, 1]);
    now = 1_000;
    expect(cache.kept('a')).toBeUndefined();
  });
});
