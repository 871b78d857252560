import { LatencyWindow } from './latency-window';

describe('LatencyWindow', () => {
  it('tells nothing of fewer than 20 calls', () => {
    const window = new LatencyWindow();
    for (let i = 0; i < 19; i += 1) window.add(0, 5);
    expect(window.percentiles(0)).toBeUndefined();
    window.add(300, 5);
    expect(window.percentiles(300)).toEqual({ p50: 5, p95: 5, p99: 5 });
  });

  it('gives percentiles, and the same ones for a quarter of a second', () => {
    const window = new LatencyWindow();
    for (let ms = 1; ms <= 100; ms += 1) window.add(0, ms);
    expect(window.percentiles(0)).toEqual({ p50: 51, p95: 96, p99: 100 });
    for (let i = 0; i < 512; i += 1) window.add(100, 7);
    expect(window.percentiles(249)?.p50).toBe(51);
    expect(window.percentiles(250)?.p50).toBe(7);
  });

  it('forgets after a minute', () => {
    const window = new LatencyWindow();
    for (let i = 0; i < 50; i += 1) window.add(0, 5);
    expect(window.percentiles(60_000)).toBeUndefined();
  });
});
