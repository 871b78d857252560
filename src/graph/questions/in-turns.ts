import type { Budget } from './budget';

/** What a thread does between two looks at the clock, in steps. */
export const STEPS_IN_TURN = 1_000;

/**
 * Works on each item and lets other requests run in between. Its steps are not counted: what was read bounds them. Whether
 * there was time for all.
 */
export async function inTurns<T>(budget: Budget, items: Iterable<T>, work: (item: T) => void): Promise<boolean> {
  let turn = 0;
  for (const item of items) {
    if (++turn % STEPS_IN_TURN === 0 && !(await budget.hasTime(0))) return false;
    work(item);
  }
  return true;
}

/** A sorted copy; equal items keep their order. Lets other requests run in between. */
export async function sortInTurns<T>(
  budget: Budget,
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += STEPS_IN_TURN) {
    await budget.hasTime(0);
    runs.push(items.slice(at, at + STEPS_IN_TURN).sort(compare));
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(budget, runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  budget: Budget,
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  const merged: T[] = [];
  let [fromLeft, fromRight] = [0, 0];
  while (fromLeft < left.length && fromRight < right.length) {
    if (merged.length % STEPS_IN_TURN === 0) await budget.hasTime(0);
    const [one, other] = [left[fromLeft] as T, right[fromRight] as T];
    const isOther = compare(other, one) < 0;
    merged.push(isOther ? other : one);
    if (isOther) fromRight++;
    else fromLeft++;
  }
  return merged.concat(left.slice(fromLeft), right.slice(fromRight));
}
