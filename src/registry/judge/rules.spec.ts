import { LIMITS } from './limits';
import { NO_CALLS } from './rolling-window';
import { tripsStillCounted, isClean, isDoubtful, openMs, steadyMs, tripReason, type Evidence } from './rules';

const seen = (calls: number, faults: number, slow = 0, more: Partial<Evidence> = {}): Evidence => ({
  tally: { calls, faults, slow },
  burst: NO_CALLS,
  inARow: 0,
  silentMs: 0,
  ...more,
});
const inARow = (count: number, silentMs: number): Evidence => seen(9, count, 0, { inARow: count, silentMs });
const burst = (calls: number, faults: number, slow = 0): Evidence =>
  seen(1_000, faults, slow, { burst: { calls, faults, slow } });

describe('tripReason', () => {
  it.each<[string, Evidence, boolean, string | undefined]>([
    ['nothing seen', seen(0, 0), false, undefined],
    ['four failures in a row', inARow(4, 1_000), false, undefined],
    ['five in a row after a success just now', inARow(5, 99), false, undefined],
    ['five in a row', inARow(5, 100), false, '5 failures in a row'],
    ['three in a row on trial', inARow(3, 100), true, '3 failures in a row'],
    ['nine refusals for load, each half a fault', inARow(4.5, 5_000), false, undefined],
    ['half of nine calls', seen(9, 4.5), false, undefined],
    ['half of ten calls', seen(10, 5), false, '50 % of the calls failed'],
    ['less than half', seen(1_000, 499), false, undefined],
    ['half of five calls on trial', seen(5, 2.5), true, '50 % of the calls failed'],
    ['79 % slow', seen(100, 0, 79), false, undefined],
    ['80 % slow', seen(10, 0, 8), false, '80 % of the calls were slow'],
    ['a bad second after ten good ones', burst(20, 10), false, '50 % of the calls failed'],
    ['a slow second after ten good ones', burst(20, 0, 16), false, '80 % of the calls were slow'],
    ['too few calls in that second', burst(19, 19), false, undefined],
  ])('%s', (_, evidence, onTrial, expected) => {
    expect(tripReason(evidence, onTrial, LIMITS)).toBe(expected);
  });
});

describe('isDoubtful and isClean', () => {
  it.each<[string, Evidence, boolean, boolean]>([
    ['nothing seen', seen(0, 0), false, true],
    ['one fault of many', seen(200, 1), false, true],
    ['a fault that was the last word', seen(200, 1, 0, { inARow: 1 }), false, false],
    ['three faults of a few', seen(20, 3), true, false],
    ['three faults of many', seen(100, 3), false, false],
    ['three in a row of many', seen(1_000, 3, 0, { inARow: 3 }), true, false],
    ['half of them slow', seen(10, 0, 5), true, false],
    ['a quarter of them slow', seen(100, 0, 25), false, false],
    ['a tenth of them slow', seen(100, 0, 10), false, true],
  ])('%s', (_, evidence, doubtful, clean) => {
    expect([isDoubtful(evidence, LIMITS), isClean(evidence, LIMITS)]).toEqual([doubtful, clean]);
  });
});

describe('back-off', () => {
  it.each([
    [0, 500, 1_000],
    [1, 1_000, 2_000],
    [3, 4_000, 8_000],
    [10, 10_000, 20_000],
  ])('after %s trips a service stays out for %s to %s ms', (trips, least, most) => {
    expect([openMs(trips, () => 0, LIMITS), openMs(trips, () => 1, LIMITS)]).toEqual([least, most]);
  });

  it('asks for a longer row of good probes each time, up to 16 s', () => {
    expect([0, 1, 2, 3, 9].map((trips) => steadyMs(trips, LIMITS))).toEqual([2_000, 4_000, 8_000, 16_000, 16_000]);
  });

  it('lets nobody through a gap of 1.5 s, and everybody back within 30 s', () => {
    expect(steadyMs(0, LIMITS)).toBeGreaterThan(1_500);
    expect(Math.max(LIMITS.maxOpenMs, LIMITS.maxSteadyMs)).toBeLessThan(30_000);
  });

  it('forgives one trip for each half minute in use', () => {
    const left = [0, 29_999, 30_000, 60_000, 1e9].map((ms) => tripsStillCounted(3, ms, LIMITS));
    expect(left).toEqual([3, 3, 2, 1, 0]);
  });
});
