import { HedgeBudget, hedgeDelayMs } from './hedge-budget';

describe('HedgeBudget', () => {
  it('gives a burst, then a share of the calls', () => {
    const budget = new HedgeBudget(0.1, 2);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    for (let i = 0; i < 11; i += 1) budget.earn();
    expect([budget.take(), budget.take()]).toEqual([true, false]);
  });

  it('waits for what is usual, within bounds', () => {
    expect([hedgeDelayMs(undefined, 200), hedgeDelayMs(5, 200), hedgeDelayMs(90, 200), hedgeDelayMs(900, 200)]).toEqual(
      [60, 60, 90, 200],
    );
  });
});
