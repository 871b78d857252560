import { EventLoopLag } from './event-loop-lag';

const opened = (): { lag: EventLoopLag; to: (ms: number) => void; stop: () => void } => {
  let nowMs = 1_000;
  const lag = new EventLoopLag(() => nowMs);
  return { lag, to: (ms) => (nowMs = ms), stop: lag.start() };
};

describe('EventLoopLag', () => {
  it('counts the part of each stall that lies within the time asked for', () => {
    const { lag, to, stop } = opened();
    to(1_050);
    expect(lag.beat()).toBe(0);
    to(1_600);
    expect(lag.beat()).toBe(500);
    expect(lag.during(1_000)).toBe(500);
    expect(lag.during(200)).toBe(200);
    to(1_649);
    expect(lag.during(100)).toBe(51);
    stop();
  });

  it('counts the stall that is not over yet', () => {
    const { lag, to, stop } = opened();
    to(1_850);
    expect(lag.during(2_000)).toBe(800);
    expect(lag.during(300)).toBe(300);
    stop();
  });

  it('takes no notice of timers that are a little late', () => {
    const { lag, to, stop } = opened();
    for (let ms = 1_070; ms <= 2_000; ms += 70) {
      to(ms);
      lag.beat();
    }
    expect(lag.during(2_000)).toBe(0);
    stop();
  });

  it('forgets after a minute, and knows nothing when nobody uses it', () => {
    const { lag, to, stop } = opened();
    to(2_000);
    lag.beat();
    to(62_001);
    lag.beat();
    expect(lag.during(3_600_000)).toBe(59_951);
    stop();
    expect(lag.during(3_600_000)).toBe(0);
  });

  it('measures a real block', async () => {
    const lag = new EventLoopLag();
    const stop = lag.start();
    const end = performance.now() + 300;
    while (performance.now() < end);
    expect(lag.during(300)).toBeGreaterThan(200);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lag.during(1_000)).toBeGreaterThan(200);
    stop();
  });
});
