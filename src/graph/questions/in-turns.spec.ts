import { seededRandom } from '../../common/seeded-random';
import { Budget } from './budget';
import { inTurns, sortInTurns, STEPS_IN_TURN } from './in-turns';

const budgetOf = (signal = new AbortController().signal): Budget => new Budget(10, 10, signal);

/** How often others had the thread while `work` went on. */
async function turnsBeside(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work().finally(() => (isOver = true));
  return turns;
}

const spin = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe('work on what was read', () => {
  it('sorts as a list does, and keeps the order of equal items', async () => {
    const random = seededRandom(5);
    const compare = (a: { key: number }, b: { key: number }): number => a.key - b.key;
    for (const length of [0, 1, STEPS_IN_TURN, STEPS_IN_TURN + 1, 4 * STEPS_IN_TURN, 7_777]) {
      const items = Array.from({ length }, (_, at) => ({ key: Math.floor(random() * 100), at }));
      expect(await sortInTurns(budgetOf(), items, compare)).toEqual([...items].sort(compare));
    }
  });

  it('lets others run', async () => {
    const items = Array.from({ length: 20 * STEPS_IN_TURN }, (_, at) => at);
    let done = 0;
    const slow = (item: number): void => {
      done++;
      if (item % STEPS_IN_TURN === 0) spin(6);
    };
    expect(await turnsBeside(() => inTurns(budgetOf(), items, slow))).toBeGreaterThan(10);
    expect(done).toBe(items.length);
    const compare = (a: number, b: number): number => {
      if (a % STEPS_IN_TURN === 0) spin(1);
      return b - a;
    };
    expect(await turnsBeside(() => sortInTurns(budgetOf(), items, compare))).toBeGreaterThan(3);
  });

  it('ends with the request', async () => {
    const given = new AbortController();
    given.abort();
    const items = Array.from({ length: STEPS_IN_TURN }, (_, at) => at);
    await expect(inTurns(budgetOf(given.signal), items, () => undefined)).rejects.toThrow();
    await expect(sortInTurns(budgetOf(given.signal), items, () => 0)).rejects.toThrow();
  });
});
