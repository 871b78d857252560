import { keysOf, payloadPath, placeOf, without, withValues } from './payload-path';

const steps = (count: number): string => new Array(count).fill('a').join('.');

describe('keys of payloads', () => {
  it('have at most 32 steps, of which each "[]" is one', () => {
    expect(keysOf(payloadPath(steps(32)))).toHaveLength(32);
    for (const text of [steps(33), steps(5_000), `${steps(31)}[][]`]) {
      expect(() => payloadPath(text)).toThrow('at most 32 steps');
      expect(() => placeOf(text)).toThrow('at most 32 steps');
    }
  });

  it('name what is removed', () => {
    const payload = { a: { b: 1, c: { d: 1, e: 2 } }, b: [1], z: 0 };
    const removed = (...keys: string[]) => without(payload, keys.map(placeOf));
    expect(removed('a.b', 'a.c.d', 'b', 'none', 'z.y')).toEqual({ a: { c: { e: 2 } }, z: 0 });
    expect(removed('a.b', 'a')).toEqual({ b: [1], z: 0 });
    expect(removed('a', 'a.b')).toEqual({ b: [1], z: 0 });
    expect(payload).toEqual({ a: { b: 1, c: { d: 1, e: 2 } }, b: [1], z: 0 });
  });

  it('name what is changed', () => {
    expect(withValues({ a: { b: 1 } }, { c: 2, none: null }, placeOf('a.d'))).toEqual({ a: { b: 1, d: { c: 2 } } });
  });

  it('removes many keys in linear time', () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
    const payload = Object.fromEntries(Array.from({ length: 8_000 }, (_, index) => [`k${index}`, index]));
    const startedAt = performance.now();
    for (let round = 0; round < 100; round += 1) without(payload, keys.map(placeOf));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
