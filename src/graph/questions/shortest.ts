import type { Budget } from './budget';
import { SLICE, type Step } from './edge-reader';
import { CheapestFirst } from './heap';
import { inTurns } from './in-turns';
import type { Loaded, Loading, Neighbourhood, Way } from './neighbourhood';

export interface PathSearch {
  readonly hood: Neighbourhood;
  readonly budget: Budget;
  readonly costOf: (step: Step) => number;
  /** No step costs less. */
  readonly minCost: number;
  /** A path that costs more is none. */
  readonly maxCost: number;
}

export interface Avoided {
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

export const NOTHING: Avoided = { nodes: new Set(), edges: new Set() };

interface Half {
  readonly way: Way;
  readonly waiting: CheapestFirst;
  readonly costs: Map<string, number>;
  /** The step by which a node was reached. */
  readonly by: Map<string, Step>;
  readonly done: Set<string>;
  /** Nodes whose edges are read at once: more, the longer the search takes. */
  batch: number;
  loading: Loading | undefined;
  /** Edges in its next statement: more, the longer the search takes. */
  slice: number;
  /** What it took so far, in edges that were looked at. */
  effort: number;
}

const FIRST_BATCH = 16;
const MOST_IN_BATCH = 512;
const FIRST_SLICE = 500;

/**
 * The cheapest path, by Dijkstra's algorithm from both ends at once: two small circles instead of a large one. `undefined`
 * when there is none, or when the budget was used up before it was known; the budget tells which.
 */
export async function shortestPath(
  search: PathSearch,
  from: string,
  to: string,
  avoided: Avoided = NOTHING,
  maxCost = search.maxCost,
): Promise<Step[] | undefined> {
  if (from === to) return [];
  const [forth, back] = [startAt(from, 'forward'), startAt(to, 'backward')];
  const best = { cost: Infinity, at: undefined as string | undefined };
  while (forth.waiting.size > 0 && back.waiting.size > 0) {
    const least = leastOf(search, forth.waiting.cheapest, back);
    if (least >= best.cost || least > maxCost) break;
    const [half, other] = effortOf(forth) <= effortOf(back) ? [forth, back] : [back, forth];
    if (!(await settleNext(search, half, other, avoided, best))) return undefined;
  }
  if (best.at === undefined || best.cost > maxCost) return undefined;
  return withoutLoops([...pathTo(forth, best.at).reverse(), ...pathTo(back, best.at)], from);
}

/**
 * What a path costs at least that is not known yet and leads over a node of this cost: a step from a node that is waiting
 * at one end to one that is waiting at the other is among those that are known.
 */
const leastOf = ({ minCost }: PathSearch, cost: number, { waiting }: Half): number => cost + waiting.cheapest + minCost;

/** Continues at the end that took less so far: around one with very many edges, the search comes from the other. */
const effortOf = ({ waiting, effort }: Half): number => waiting.size + effort;
const COST_OF_A_STATEMENT = 50;

const startAt = (node: string, way: Way): Half => {
  const waiting = new CheapestFirst();
  waiting.push(node, 0);
  return {
    way,
    waiting,
    costs: new Map([[node, 0]]),
    by: new Map(),
    done: new Set(),
    batch: FIRST_BATCH,
    loading: undefined,
    slice: FIRST_SLICE,
    effort: 0,
  };
};

/** Settles the cheapest node. `false` when the budget is used up. */
async function settleNext(
  search: PathSearch,
  half: Half,
  other: Half,
  avoided: Avoided,
  best: { cost: number; at: string | undefined },
): Promise<boolean> {
  const { hood, budget, costOf } = search;
  const next = half.waiting.first(1)[0];
  if (next === undefined) return true;
  if (!half.done.has(next) && !hood.isLoaded(next, half.way)) {
    const loaded = await loadMore(hood, budget, half);
    if (loaded !== 'all') return loaded === 'more';
  }
  const { node, cost } = half.waiting.pop() ?? { node: next, cost: 0 };
  if (half.done.has(node)) return true;
  half.done.add(node);
  const steps = hood.stepsOf(node, half.way);
  if (!(await budget.goOn(steps.length + 1))) return false;
  return await inTurns(budget, steps, (step) => {
    const reached = half.way === 'forward' ? step.to : step.from;
    if (avoided.edges.has(step.edge) || avoided.nodes.has(reached)) return;
    const total = cost + costOf(step);
    if (total >= (half.costs.get(reached) ?? Infinity)) return;
    half.costs.set(reached, total);
    half.by.set(reached, step);
    const whole = total + (other.costs.get(reached) ?? Infinity);
    if (whole < best.cost) Object.assign(best, { cost: whole, at: reached });
    if (leastOf(search, total, other) < best.cost) half.waiting.push(reached, total);
  });
}

/** The cheapest ones together: most of them are settled soon. */
async function loadMore(hood: Neighbourhood, budget: Budget, half: Half): Promise<Loaded> {
  if (!half.loading) {
    half.loading = hood.begin(
      half.waiting.first(half.batch).filter((node) => !half.done.has(node)),
      half.way,
    );
    half.batch = Math.min(half.batch * 2, MOST_IN_BATCH);
  }
  const before = budget.edges;
  const loaded = await hood.loadMore(half.loading, half.slice);
  half.effort += budget.edges - before + COST_OF_A_STATEMENT;
  half.slice = Math.min(half.slice * 2, SLICE);
  if (loaded === 'all') half.loading = undefined;
  return loaded;
}

/** The steps from a node to where its half began. */
function pathTo(half: Half, node: string): Step[] {
  const steps: Step[] = [];
  let at = node;
  for (let step = half.by.get(at); step; step = half.by.get(at)) {
    steps.push(step);
    at = half.way === 'forward' ? step.from : step.to;
  }
  return steps;
}

/** Where edges cost nothing, the halves may share nodes: the loop between is left out. */
function withoutLoops(steps: readonly Step[], from: string): Step[] {
  const kept: Step[] = [];
  const places = new Map([[from, 0]]);
  for (const step of steps) {
    const place = places.get(step.to);
    if (place === undefined) {
      kept.push(step);
      places.set(step.to, kept.length);
      continue;
    }
    for (const left of kept.splice(place)) places.delete(left.to);
    places.set(step.to, place);
  }
  return kept;
}
