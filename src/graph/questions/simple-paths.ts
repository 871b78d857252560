import { compareCodePoints } from '../../common/code-points';
import type { Budget } from './budget';
import type { Step } from './edge-reader';
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
  const steps = await stepsBetween(hood, from, to, maxDepth);
  const toGo = distancesTo(steps, to);
  const next = grouped(steps, ({ from: start }) => start);
  for (const list of next.values()) list.sort(inOrder);
  const found: Step[][] = [];
  for (let length = toGo.get(from) ?? Infinity; length <= maxDepth; length++) {
    for (const path of walk({ next, toGo, to }, from, length)) {
      if (path) found.push(path);
      else if (!(await budget.hasTime(TICK_EVERY))) return found;
      if (found.length > limit) return found;
    }
  }
  return found;
}

const inOrder = (a: Step, b: Step): number =>
  compareCodePoints(a.to, b.to) || compareCodePoints(a.type, b.type) || compareCodePoints(a.edge, b.edge);

/** Every edge of such a path is within half of its length of one of the ends. */
async function stepsBetween(hood: Neighbourhood, from: string, to: string, maxDepth: number): Promise<Step[]> {
  const half = Math.ceil(maxDepth / 2);
  const known = new Map<string, Step>();
  await readAround(hood, { start: from, way: 'forward', depth: half }, known);
  await readAround(hood, { start: to, way: 'backward', depth: maxDepth - half }, known);
  return [...known.values()];
}

async function readAround(
  hood: Neighbourhood,
  { start, way, depth }: { readonly start: string; readonly way: Way; readonly depth: number },
  known: Map<string, Step>,
): Promise<void> {
  const seen = new Set([start]);
  let frontier = [start];
  for (let distance = 0; distance < depth && frontier.length > 0; distance++) {
    const isComplete = await hood.load(frontier, way);
    const read = frontier.flatMap((node) => hood.stepsOf(node, way));
    // Ids have no control characters. Where edges are walked both ways, each way is a step.
    for (const step of read) known.set(`${step.edge}\n${step.from}`, step);
    if (!isComplete) return;
    const reached = new Set(read.map((step) => (way === 'forward' ? step.to : step.from)));
    frontier = [...reached].filter((node) => !seen.has(node));
    for (const node of frontier) seen.add(node);
  }
}

/** How many edges it is at least from each node. */
function distancesTo(steps: readonly Step[], to: string): Map<string, number> {
  const into = grouped(steps, (step) => step.to);
  const distances = new Map([[to, 0]]);
  const queue = [to];
  for (const node of queue) {
    for (const { from } of into.get(node) ?? []) {
      if (distances.has(from)) continue;
      distances.set(from, (distances.get(node) ?? 0) + 1);
      queue.push(from);
    }
  }
  return distances;
}

function grouped(steps: readonly Step[], by: (step: Step) => string): Map<string, Step[]> {
  const groups = new Map<string, Step[]>();
  for (const step of steps) {
    const group = groups.get(by(step));
    if (group) group.push(step);
    else groups.set(by(step), [step]);
  }
  return groups;
}

interface Walkable {
  readonly next: ReadonlyMap<string, readonly Step[]>;
  readonly toGo: ReadonlyMap<string, number>;
  readonly to: string;
}

const TICK_EVERY = 1_000;

/** Paths of exactly this length; `undefined` now and then, for a pause. */
function* walk({ next, toGo, to }: Walkable, from: string, length: number): Generator<Step[] | undefined> {
  const path: Step[] = [];
  const on = new Set([from]);
  const choices = [choicesAt(next, from)];
  for (let turn = 1; choices.length > 0; turn++) {
    if (turn % TICK_EVERY === 0) yield undefined;
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
