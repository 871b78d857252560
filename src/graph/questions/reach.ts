import { compareCodePoints } from '../../common/code-points';
import type { Budget } from './budget';
import type { Step } from './edge-reader';
import { sortInTurns, STEPS_IN_TURN } from './in-turns';
import type { Neighbourhood } from './neighbourhood';

export interface Reached {
  readonly id: string;
  /** Edges from the nearest start. */
  readonly distance: number;
  /** A shortest way to it. */
  readonly path: readonly Step[];
}

export interface ReachRequest {
  readonly starts: readonly string[];
  readonly minDepth: number;
  readonly maxDepth: number;
  readonly limit: number;
}

/** The nodes within `maxDepth` edges, the nearest first and then by id, level by level. Each has its true distance. */
export async function reach(hood: Neighbourhood, budget: Budget, request: ReachRequest): Promise<Reached[]> {
  const by = new Map<string, Step | undefined>(request.starts.map((id) => [id, undefined]));
  const found: Reached[] = [];
  let level = [...by.keys()];
  for (let distance = 0; level.length > 0; distance++) {
    level = await sortInTurns(budget, level, compareCodePoints);
    if (distance >= request.minDepth) add(found, level, distance, by, request.limit);
    if (found.length > request.limit) budget.end('limit');
    if (distance === request.maxDepth || budget.truncatedBy) break;
    level = await nextLevel(hood, budget, level, by);
  }
  return found.slice(0, request.limit);
}

function add(
  found: Reached[],
  level: readonly string[],
  distance: number,
  by: ReadonlyMap<string, Step | undefined>,
  limit: number,
): void {
  const room = limit + 1 - found.length;
  for (const id of level.slice(0, room)) found.push({ id, distance, path: pathTo(id, by) });
}

/** What was read when the budget ended is reached, too. */
async function nextLevel(
  hood: Neighbourhood,
  budget: Budget,
  level: readonly string[],
  by: Map<string, Step | undefined>,
): Promise<string[]> {
  await hood.load(level, 'forward');
  const next: string[] = [];
  let turn = 0;
  for (const step of hood.stepsOfAll(level, 'forward')) {
    if (++turn % STEPS_IN_TURN === 0) await budget.goOn();
    if (by.has(step.to)) continue;
    by.set(step.to, step);
    next.push(step.to);
  }
  return next;
}

function pathTo(id: string, by: ReadonlyMap<string, Step | undefined>): Step[] {
  const steps: Step[] = [];
  for (let step = by.get(id); step; step = by.get(step.from)) steps.push(step);
  return steps.reverse();
}
