import { Budget, hedgeBudget } from './hedge-budget';
import { hedgeDelayMs, isHedgeFree } from './hedge';

describe('hedgeDelayMs', () => {
  it.each([
    ['up', undefined, 400, 60],
    ['up', 10, 400, 60],
    ['up', 90, 400, 90],
    ['up', 390, 400, 200],
    ['up', 90, 100, 50],
    ['suspect', 300, 400, 25],
    ['suspect', undefined, 20, 10],
  ] as const)('%s with a p95 of %s ms and %s ms in all waits %s ms', (state, p95Ms, timeoutMs, expected) => {
    expect(hedgeDelayMs({ state, p95Ms }, timeoutMs)).toBe(expected);
  });

  it('lets those of a suspect service go free', () => {
    expect([isHedgeFree({ state: 'suspect' }), isHedgeFree({ state: 'up' })]).toEqual([true, false]);
  });
});

describe('Budget', () => {
  it('allows one extra for ten calls after the burst is used up', () => {
    const budget = hedgeBudget();
    let extras = 0;
    for (let call = 0; call < 1_000; call += 1) {
      budget.deposit();
      if (budget.withdraw()) extras += 1;
    }
    expect(extras).toBeGreaterThanOrEqual(100);
    expect(extras).toBeLessThanOrEqual(110);
  });

  it('saves no more than its burst', () => {
    const budget = new Budget(0.5, 2);
    for (let call = 0; call < 100; call += 1) budget.deposit();
    expect([budget.withdraw(), budget.withdraw(), budget.withdraw()]).toEqual([true, true, false]);
  });
});
