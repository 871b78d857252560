import { LagMeter } from './lag-meter';

describe('the lag meter', () => {
  it('knows which part of a time this process stood still', () => {
    let now = 0;
    const meter = new LagMeter(() => now);
    meter.stop();
    for (const at of [10, 20, 130, 140, 200]) {
      now = at;
      meter.tick();
    }
    // Still from 30 to 130, and from 150 to 200.
    expect(meter.within(0, 1_000)).toBe(150);
    expect(meter.within(0, 30)).toBe(0);
    expect(meter.within(100, 140)).toBe(30);
    expect(meter.within(120, 160)).toBe(20);
    expect(meter.within(200, 300)).toBe(0);
  });
});
