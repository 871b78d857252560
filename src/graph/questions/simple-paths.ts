import { compareCodePoints } from '../../common/code-points';
import type { Budget } from './budget';
import type { Step } from './edge-reader';
import { inTurns, sortInTurns, STEPS_IN_TURN } from './in-turns';
import type { Neighbourhood, Way } from './neighbourhood';

/**
 * Up to `limit` paths without loops of at most `maxDepth` edges, the shortest first. One more tells the caller that there
 * are more.
 */
export async function simplePaths(
  hood: Neighbourhood,
  budget: Budget,
  request: { readonly from: string; readonly to: string; readonly maxDepth: number; readonly limit: number },
): Promise<Step[][]> {
  const { from, to, maxDepth, limit } = request;
  if (from === to) return [[]];
  const steps = await stepsBetween(hood, budget, from, to, maxDepth);
  const toGo = await distancesTo(budget, steps, to);
  const next = await sortedByStart(budget, steps, toGo);
  const found: Step[][] = [];
  for (let length = toGo.get(from) ?? Infinity; length <= maxDepth; length++) {
    for (const path of walk({ next, toGo, to }, from, length)) {
      if (path) found.push(path);
      else if (!(await budget.hasTime(STEPS_IN_TURN))) return found;
      if (found.length > limit) return found;
    }
  }
  return found;
}

const inOrder = (a: Step, b: Step): number =>
  compareCodePoints(a.to, b.to) || compareCodePoints(a.type, b.type) || compareCodePoints(a.edge, b.edge);

/** Every edge of such a path is within half of its length of one of the ends. */
async function stepsBetween(
  hood: Neighbourhood,
  budget: Budget,
  from: string,
  to: string,
  maxDepth: number,
): Promise<Step[]> {
  const half = Math.ceil(maxDepth / 2);
  const known = new Map<string, Step>();
  await readAround(hood, budget, { start: from, way: 'forward', depth: half }, known);
  await readAround(hood, budget, { start: to, way: 'backward', depth: maxDepth - half }, known);
  return [...known.values()];
}

async function readAround(
  hood: Neighbourhood,
  budget: Budget,
  { start, way, depth }: { readonly start: string; readonly way: Way; readonly depth: number },
  known: Map<string, Step>,
): Promise<void> {
  const seen = new Set([start]);
  let frontier = [start];
  for (let distance = 0; distance < depth && frontier.length > 0; distance++) {
    const isComplete = await hood.load(frontier, way);
    const reached: string[] = [];
    const hasTime = await inTurns(budget, hood.stepsOfAll(frontier, way), (step) => {
      // Ids have no control characters. Where edges are walked both ways, each way is a step.
      known.set(`${step.edge}\n${step.from}`, step);
      const node = way === 'forward' ? step.to : step.from;
      if (seen.has(node)) return;
      seen.add(node);
      reached.push(node);
    });
    if (!isComplete || !hasTime) return;
    frontier = reached;
  }
}

/** How many edges it is at least from each node. */
async function distancesTo(budget: Budget, steps: readonly Step[], to: string): Promise<Map<string, number>> {
  const into = await grouped(budget, steps, (step) => step.to);
  const distances = new Map([[to, 0]]);
  const queue = [to];
  await inTurns(budget, stepsInto(into, queue), ({ from, to: node }) => {
    if (distances.has(from)) return;
    distances.set(from, (distances.get(node) ?? 0) + 1);
    queue.push(from);
  });
  return distances;
}

/** Also of those that are put into the queue meanwhile. */
function* stepsInto(into: ReadonlyMap<string, readonly Step[]>, queue: readonly string[]): Generator<Step> {
  for (const node of queue) yield* into.get(node) ?? [];
}

/** The steps that lead on to the end, by the node where they begin. */
async function sortedByStart(
  budget: Budget,
  steps: readonly Step[],
  toGo: ReadonlyMap<string, number>,
): Promise<Map<string, Step[]>> {
  const useful: Step[] = [];
  await inTurns(budget, steps, (step) => void (toGo.has(step.to) && useful.push(step)));
  return await grouped(budget, await sortInTurns(budget, useful, inOrder), (step) => step.from);
}

async function grouped(
  budget: Budget,
  steps: readonly Step[],
  by: (step: Step) => string,
): Promise<Map<string, Step[]>> {
  const groups = new Map<string, Step[]>();
  await inTurns(budget, steps, (step) => {
    const group = groups.get(by(step));
    if (group) group.push(step);
    else groups.set(by(step), [step]);
  });
  return groups;
}

interface Walkable {
  readonly next: ReadonlyMap<string, readonly Step[]>;
  readonly toGo: ReadonlyMap<string, number>;
  readonly to: string;
}

/** Paths of exactly this length; `undefined` now and then, for a pause. */
function* walk({ next, toGo, to }: Walkable, from: string, length: number): Generator<Step[] | undefined> {
  const path: Step[] = [];
  const on = new Set([from]);
  const choices = [choicesAt(next, from)];
  for (let turn = 1; choices.length > 0; turn++) {
    if (turn % STEPS_IN_TURN === 0) yield undefined;
    const choice = choices.at(-1)?.next();
    if (!choice || choice.done) {
      choices.pop();
      const left = path.pop();
      if (left) on.delete(left.to);
      continue;
    }
    const step = choice.value;
    const rest = length - path.length - 1;
    if (on.has(step.to) || (toGo.get(step.to) ?? Infinity) > rest) continue;
    if (step.to === to) {
      if (rest === 0) yield [...path, step];
      continue;
    }
    path.push(step);
    on.add(step.to);
    choices.push(choicesAt(next, step.to));
  }
}

const choicesAt = (next: ReadonlyMap<string, readonly Step[]>, node: string): IterableIterator<Step, undefined> =>
  (next.get(node) ?? []).values();
