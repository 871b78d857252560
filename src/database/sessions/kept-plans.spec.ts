import { isPlanOutdated, KeptPlans } from './kept-plans';

describe('KeptPlans', () => {
  it('names a text once, and never gives a name again after a clear', () => {
    const plans = new KeptPlans();
    const first = plans.nameOf('select 1');
    expect(plans.nameOf('select 1')).toBe(first);
    expect(plans.nameOf('select 2')).not.toBe(first);
    plans.clear();
    expect(plans.has('select 1')).toBe(false);
    expect(plans.nameOf('select 1')).not.toBe(first);
  });

  it('is full after a hundred texts', () => {
    const plans = new KeptPlans();
    for (let text = 0; text < 99; text += 1) plans.nameOf(`select ${text}`);
    expect(plans.isFull).toBe(false);
    plans.nameOf('select 99');
    expect(plans.isFull).toBe(true);
  });

  it('tells an outdated plan from a fault of the statement', () => {
    expect(isPlanOutdated({ code: '0A000' })).toBe(true);
    expect(isPlanOutdated({ code: '26000' })).toBe(true);
    expect(isPlanOutdated({ code: '42P01' })).toBe(false);
    expect(isPlanOutdated(undefined)).toBe(false);
  });
});
