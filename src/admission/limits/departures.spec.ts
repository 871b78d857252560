import { Departures } from './departures';

/** `count` calls that end evenly over `ms` milliseconds from `from` on. */
const serve = (departures: Departures, from: number, ms: number, count: number): void => {
  for (let n = 1; n <= count; n += 1) departures.count(from + (ms * n) / count);
};

describe('Departures', () => {
  it('says nothing until somebody has waited for a whole window', () => {
    const departures = new Departures();
    serve(departures, 0, 1_000, 100);
    expect(departures.perMs).toBeUndefined();
    departures.begin(1_000);
    serve(departures, 1_000, 40, 4);
    expect(departures.perMs).toBeUndefined();
    departures.count(1_050);
    expect(departures.perMs).toBeCloseTo(0.1);
  });

  it('does not judge by a few that end early', () => {
    const departures = new Departures();
    departures.begin(0);
    serve(departures, 56, 4, 4);
    expect(departures.perMs).toBeUndefined();
    departures.count(200);
    expect(departures.perMs).toBeCloseTo(0.025, 3);
  });

  it('judges by few when they are all that ends in a whole window', () => {
    const departures = new Departures();
    departures.begin(0);
    departures.count(200);
    expect(departures.perMs).toBeUndefined();
    departures.count(250);
    expect(departures.perMs).toBeCloseTo(0.008, 4);
  });

  it.each([
    [100, 32],
    [1_000, 32],
    [300, 4],
  ])('takes together what ends together: after %i ms %i calls', (ms, calls) => {
    const departures = new Departures();
    departures.begin(0);
    for (let round = 1; round <= 4; round += 1) {
      serve(departures, round * ms, 10, calls);
      expect(departures.perMs).toBeGreaterThan((0.9 * calls) / ms);
      expect(departures.perMs).toBeLessThan((1.1 * calls) / ms);
    }
  });

  it('keeps the best of the last second, so that a stall does not count, and follows what lasts', () => {
    const departures = new Departures();
    departures.begin(0);
    serve(departures, 0, 250, 50);
    serve(departures, 250, 500, 2);
    expect(departures.perMs).toBeCloseTo(0.2);
    for (let n = 0; n < 4; n += 1) serve(departures, 750 + n * 250, 250, 10);
    expect(departures.perMs).toBeCloseTo(0.04);
  });

  it('forgets when nobody waits', () => {
    const departures = new Departures();
    departures.begin(0);
    serve(departures, 0, 250, 50);
    departures.end();
    expect(departures.perMs).toBeUndefined();
    serve(departures, 300, 900, 5);
    expect(departures.perMs).toBeUndefined();
  });
});
