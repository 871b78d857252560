import { RollingWindow } from './rolling-window';

const CALL = { calls: 1, faults: 1, slow: 0 };

describe('RollingWindow', () => {
  it('forgets by time, even when nothing is added', () => {
    const window = new RollingWindow();
    window.add(500, CALL);
    expect([500, 9_999, 10_000, 600_000].map((at) => window.total(at).calls)).toEqual([1, 1, 0, 0]);
  });

  it('does not count what was in a bucket one turn ago', () => {
    const window = new RollingWindow();
    window.add(100, CALL);
    window.add(10_100, CALL);
    expect(window.total(10_100).calls).toBe(1);
  });

  it('sums what is younger, and the latest buckets alone', () => {
    const window = new RollingWindow();
    for (let at = 0; at < 10_000; at += 500) window.add(at, CALL);
    expect([window.total(9_999).calls, window.total(9_999, 2).calls]).toEqual([20, 4]);
    window.clear();
    expect(window.total(9_999).calls).toBe(0);
  });
});
