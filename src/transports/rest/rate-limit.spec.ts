import { RateLimiter } from './rate-limit';

describe('RateLimiter', () => {
  it('lets a burst pass, then one request per refill, each key for itself', () => {
    let now = 0;
    const limiter = new RateLimiter(2, 3, () => now);
    expect([1, 2, 3].map(() => limiter.take('a').remaining)).toEqual([2, 1, 0]);
    expect(() => limiter.take('a')).toThrow('Too many requests');
    expect(limiter.take('b').remaining).toBe(2);
    now = 500;
    expect(limiter.take('a').remaining).toBe(0);
    expect(() => limiter.take('a')).toThrow('Too many requests');
  });
});
