import type { ZeroDbError } from '../../common/errors';
import { RequestRates, type RequestRateSettings } from './request-rates';

const project = (projectId: number) => ({ projectId, projectName: `p${projectId}` });
const key = (projectId: number, keyId: string) => ({ scope: project(projectId), keyId, isRoot: false });
const ROOT = { scope: project(1), keyId: null, isRoot: true };

const ratesOf = (settings: RequestRateSettings) => {
  const clock = { now: 0 };
  return { rates: new RequestRates(settings, () => clock.now), clock };
};

/** Requests that pass of `count`. */
const passing = (rates: RequestRates, caller: Parameters<RequestRates['charge']>[0], count: number): number => {
  let passed = 0;
  for (let i = 0; i < count; i += 1) {
    try {
      rates.charge(caller);
      passed += 1;
    } catch {
      // Refused.
    }
  }
  return passed;
};

describe('RequestRates', () => {
  it('lets a burst pass, then one request per refill, each project for itself', () => {
    const { rates, clock } = ratesOf({ perSecond: 2, burst: 3 });
    expect(passing(rates, key(1, 'a'), 5)).toBe(3);
    expect(passing(rates, key(2, 'b'), 1)).toBe(1);
    clock.now = 500;
    expect(passing(rates, key(1, 'a'), 5)).toBe(1);
  });

  it('has one budget for twenty keys of a project', () => {
    const { rates } = ratesOf({ perSecond: 10, burst: 100 });
    const all = Array.from({ length: 20 }, (_, n) => passing(rates, key(1, `k${n}`), 100));
    expect(all.reduce((sum, one) => sum + one, 0)).toBe(100);
  });

  it('leaves a part of the budget to the other keys while there are any', () => {
    const { rates } = ratesOf({ perSecond: 10, burst: 100 });
    passing(rates, key(1, 'polite'), 1);
    expect(passing(rates, key(1, 'greedy'), 1_000)).toBe(75);
    expect(passing(rates, key(1, 'polite'), 20)).toBe(20);
  });

  it('lets 2,500 quick requests of one key pass by default', () => {
    const { rates } = ratesOf({});
    expect(passing(rates, key(1, 'a'), 2_500)).toBe(2_500);
  });

  it('has a budget of its own for the root key', () => {
    const { rates } = ratesOf({});
    expect(passing(rates, key(1, 'a'), 10_000)).toBe(4_000);
    expect(passing(rates, ROOT, 20_000)).toBe(20_000);
    expect(passing(ratesOf({ perSecond: 5 }).rates, ROOT, 20)).toBe(5);
    expect(passing(ratesOf({ perSecond: 5, rootPerSecond: 0 }).rates, ROOT, 20)).toBe(20);
  });

  it('says how the budget stands, also when it refuses', () => {
    const { rates } = ratesOf({ perSecond: 2, burst: 3 });
    expect(rates.charge(key(1, 'a'))).toEqual({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '2',
      'ratelimit-reset': '1',
      'ratelimit-policy': '3;w=2',
    });
    passing(rates, key(1, 'a'), 2);
    const refusal = (() => {
      try {
        return rates.charge(key(1, 'a'));
      } catch (error) {
        return error as ZeroDbError;
      }
    })();
    expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
    expect(refusal).toMatchObject({ headers: { 'ratelimit-remaining': '0', 'ratelimit-reset': '2' } });
  });

  it('charges all of a request for several things, or nothing', () => {
    const { rates } = ratesOf({ perSecond: 1, burst: 10 });
    expect(() => rates.charge(key(1, 'a'), 8)).not.toThrow();
    expect(() => rates.charge(key(1, 'a'), 8)).toThrow('Too many requests');
    expect(passing(rates, key(1, 'a'), 10)).toBe(2);
  });

  it('is off with 0', () => {
    const { rates } = ratesOf({ perSecond: 0 });
    expect(passing(rates, key(1, 'a'), 10_000)).toBe(10_000);
    expect(rates.charge(key(1, 'a'))).toEqual({});
  });
});
