import { ResultCache } from './result-cache';

const MIB = 1024 * 1024;
const ANSWER = 'x'.repeat(10_000);

describe('answers in memory', () => {
  it('are found in their own state, collection and project alone', () => {
    const cache = new ResultCache(MIB);
    expect(cache.get(1, 'c', 's1', 'k')).toBeUndefined();
    cache.set(1, 'c', 's1', 'k', 'one');
    expect(cache.get(1, 'c', 's1', 'k')).toBe('one');
    expect(cache.get(2, 'c', 's1', 'k')).toBeUndefined();
    expect(cache.get(1, 'd', 's1', 'k')).toBeUndefined();
    expect(cache.get(1, 'c', 's1', 'other')).toBeUndefined();
    expect(cache.get(1, 'c', 's2', 'k')).toBeUndefined();
    expect(cache.has(1, 'c', 'k')).toBe(false);
  });

  it('are not kept when another state was seen since their search began', () => {
    const cache = new ResultCache(MIB);
    cache.set(1, 'c', 's1', 'other', 'x');
    cache.get(1, 'c', 's2', 'k');
    cache.set(1, 'c', 's1', 'k', 'old');
    expect(cache.get(1, 'c', 's2', 'k')).toBeUndefined();
    expect(cache.get(1, 'c', 's1', 'k')).toBeUndefined();
    cache.set(1, 'new', 's1', 'k', 'old');
    expect(cache.get(1, 'new', 's2', 'k')).toBeUndefined();
  });

  it('take no more than they may, and a project that takes less is not crowded out', () => {
    const cache = new ResultCache(MIB);
    const fill = (project: number, collection: string, count: number): void => {
      cache.get(project, collection, 's', '');
      for (let index = 0; index < count; index += 1) {
        cache.set(project, collection, 's', `k${index}`, ANSWER);
        expect(cache.bytes).toBeLessThanOrEqual(MIB);
      }
    };
    fill(1, 'small', 10);
    fill(2, 'a', 500);
    fill(2, 'b', 500);
    expect(cache.bytes).toBeGreaterThan(0.9 * MIB);
    for (let index = 0; index < 10; index += 1) expect(cache.has(1, 'small', `k${index}`)).toBe(true);
    expect([cache.has(2, 'b', 'k0'), cache.has(2, 'b', 'k499')]).toEqual([false, true]);
  });

  it('are left out when one would take too large a share', () => {
    const cache = new ResultCache(MIB);
    cache.get(1, 'c', 's', 'k');
    cache.set(1, 'c', 's', 'k', 'x'.repeat(MIB / 4));
    expect(cache.bytes).toBe(0);
  });

  it('of a thousand collections at most, of which no project can crowd out those of another', () => {
    const cache = new ResultCache(64 * MIB);
    cache.set(2, 'theirs', 's', 'k', 'answer');
    for (let index = 0; index < 1_500; index += 1) cache.set(1, `c${index}`, 's', 'k', 'answer');
    expect(cache.has(1, 'c0', 'k')).toBe(false);
    expect(cache.has(1, 'c1499', 'k')).toBe(true);
    expect(cache.has(2, 'theirs', 'k')).toBe(true);
    for (let index = 0; index < 1_500; index += 1) cache.get(1, `missed${index}`, 's', 'k');
    expect(cache.has(1, 'c1499', 'k')).toBe(true);
  });

  it('are forgotten some minutes after the last time somebody asked', () => {
    jest.useFakeTimers();
    // At 0 nothing grows old.
    jest.advanceTimersByTime(1);
    try {
      const cache = new ResultCache(MIB);
      cache.set(1, 'used', 's', 'k', 'answer');
      cache.set(1, 'unused', 's', 'k', 'answer');
      const whole = cache.bytes;
      for (let minute = 0; minute < 6; minute += 1) {
        jest.advanceTimersByTime(60_000);
        expect(cache.get(1, 'used', 's', 'k')).toBe('answer');
      }
      expect(cache.bytes).toBe(whole / 2);
      jest.advanceTimersByTime(400_000);
      expect(cache.bytes).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
