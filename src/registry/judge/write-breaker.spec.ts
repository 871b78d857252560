import { LIMITS } from './limits';
import { WriteBreaker } from './write-breaker';

describe('WriteBreaker', () => {
  const tripped = (): WriteBreaker => {
    const breaker = new WriteBreaker(LIMITS, () => 1);
    breaker.trip(0);
    return breaker;
  };

  it('lets nothing through while open, and one at a time after that', () => {
    const breaker = tripped();
    expect([breaker.admits(999), breaker.admits(1_000)]).toEqual([false, true]);
    expect(breaker.startTrial(1_000)).toBe(true);
    expect(breaker.admits(1_001)).toBe(false);
    breaker.endTrial();
    expect(breaker.admits(1_002)).toBe(true);
  });

  it('stays open longer each time', () => {
    const breaker = tripped();
    breaker.startTrial(1_000);
    breaker.trip(1_000);
    expect([breaker.admits(2_999), breaker.admits(3_000)]).toEqual([false, true]);
  });

  it('is closed by a success, and begins anew after a while', () => {
    const breaker = tripped();
    breaker.close(1_000);
    expect([breaker.isClosed, breaker.startTrial(1_001)]).toEqual([true, false]);
    breaker.trip(40_000);
    expect(breaker.admits(41_000)).toBe(true);
  });
});
