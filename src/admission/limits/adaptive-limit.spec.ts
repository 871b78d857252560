import { AdaptiveLimit } from './adaptive-limit';

const BOUNDS = { min: 4, initial: 32, max: 128 };

/** Windows of calls that take `ms` at the limit's present value. */
const windows = (limit: AdaptiveLimit, count: number, ms: (limit: number) => number, isPressed: boolean, from = 0) => {
  let now = from;
  for (let window = 0; window < count; window += 1) {
    for (let call = 0; call < 20; call += 1) {
      if (isPressed) limit.recordDemand();
      limit.served('search', ms(limit.value), (now += 15));
    }
  }
  return now;
};

describe('AdaptiveLimit', () => {
  it('stays while nobody waits, fast or slow', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    windows(limit, 20, () => 10, false);
    expect(limit.value).toBe(32);
    windows(limit, 20, () => 500, false, 10_000);
    expect(limit.value).toBe(32);
  });

  it('grows while somebody waits and calls are as fast as without load', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    windows(limit, 90, () => 10, true);
    expect(limit.value).toBe(128);
  });

  it('finds the number that a service does at once', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    const now = windows(limit, 4, () => 10, false);
    // Eight at once; more only wait for each other.
    windows(limit, 200, (value) => 10 * Math.max(1, value / 8), true, now);
    expect(limit.value).toBeGreaterThanOrEqual(8);
    expect(limit.value).toBeLessThanOrEqual(26);
  });

  it('does not take a queue that lasts for what is normal', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    let now = windows(limit, 4, () => 10, false);
    now = windows(limit, 200, (value) => 10 * Math.max(1, value / 8), true, now);
    const before = limit.value;
    windows(limit, 2_000, (value) => 10 * Math.max(1, value / 8), true, now);
    expect(Math.abs(limit.value - before)).toBeLessThanOrEqual(2);
  });

  it('learns nothing from calls that wait for a service that is gone', () => {
    let isGone = false;
    const limit = new AdaptiveLimit(BOUNDS, 0, () => isGone);
    const now = windows(limit, 4, () => 10, false);
    const before = limit.value;
    isGone = true;
    expect(limit.value).toBe(BOUNDS.max);
    const later = windows(limit, 20, () => 1_000, true, now);
    limit.ranOut(later - 2_000, later);
    isGone = false;
    // They began before it was back.
    for (let call = 0; call < 100; call += 1) {
      limit.recordDemand();
      limit.served('search', 1_500, later + call);
    }
    expect(limit.value).toBe(before);
    windows(limit, 40, () => 10, true, later + 2_000);
    expect(limit.value).toBeGreaterThan(before);
  });

  it('comes back when calls have become slow for good', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    const now = windows(limit, 4, () => 10, false);
    windows(limit, 400, () => 200, true, now);
    expect(limit.value).toBeGreaterThan(64);
  });

  it('falls to its lowest, and no further, when calls run out of their time', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    for (let now = 0; now < 20_000; now += 10) {
      limit.recordDemand();
      limit.ranOut(now - 10, now);
      limit.served('search', 10, now);
      limit.ranOut(now - 10, now);
    }
    expect(limit.value).toBeLessThan(12);
    for (let n = 0; n < 100; n += 1) limit.reduceForLag();
    expect(limit.value).toBe(4);
  });

  it('measures each operation against itself', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    let now = 0;
    for (let call = 0; call < 2_000; call += 1) {
      limit.recordDemand();
      limit.served(call % 2 === 0 ? 'quick' : 'long', call % 2 === 0 ? 5 : 400, (now += 15));
    }
    expect(limit.value).toBe(128);
  });

  it('keeps a stall of a second out of what a call typically takes', () => {
    const limit = new AdaptiveLimit(BOUNDS, 0);
    const now = windows(limit, 20, () => 10, false);
    windows(limit, 2, () => 1_000, false, now);
    expect(limit.typicalMs).toBe(10);
  });
});
