import type { Step } from './edge-reader';
import { NOTHING, shortestPath, type PathSearch } from './shortest';

interface Candidate {
  readonly steps: readonly Step[];
  readonly cost: number;
}

/**
 * The `k` cheapest paths without loops, the cheapest first, by Yen's algorithm. Paths over parallel edges are different
 * paths. Those that were found before the budget was used up are right, and the cheapest ones.
 */
export async function kShortestPaths(search: PathSearch, from: string, to: string, k: number): Promise<Step[][]> {
  const first = await shortestPath(search, from, to, NOTHING);
  if (!first) return [];
  const found: Step[][] = [first];
  const seen = new Set([keyOf(first)]);
  const candidates: Candidate[] = [];
  while (found.length < k && from !== to) {
    for (const candidate of await detours(search, from, to, found)) {
      const key = keyOf(candidate.steps);
      if (!seen.has(key)) candidates.push(candidate);
      seen.add(key);
    }
    if (search.budget.truncatedBy) return found;
    const next = takeBest(candidates);
    if (!next) return found;
    found.push([...next.steps]);
  }
  return found;
}

const keyOf = (steps: readonly Step[]): string => JSON.stringify(steps.map(({ edge }) => edge));

/** Paths that leave the last one found at each of its nodes, by other edges than those found before did. */
async function detours(
  search: PathSearch,
  from: string,
  to: string,
  found: readonly (readonly Step[])[],
): Promise<Candidate[]> {
  const last = found.at(-1) ?? [];
  const made: Candidate[] = [];
  for (let index = 0; index < last.length; index++) {
    // The way to each node is copied.
    if (!(await search.budget.goOn(index))) return [];
    const root = last.slice(0, index);
    const rootCost = costOf(search, root);
    const spur = root.at(-1)?.to ?? from;
    const nodes = new Set([from, ...root.map((step) => step.to)]);
    nodes.delete(spur);
    const edges = new Set(found.filter((path) => startsWith(path, root)).flatMap((path) => path[index]?.edge ?? []));
    const rest = await shortestPath(search, spur, to, { nodes, edges }, search.maxCost - rootCost);
    if (search.budget.truncatedBy) return [];
    if (rest) made.push({ steps: [...root, ...rest], cost: rootCost + costOf(search, rest) });
  }
  return made;
}

const costOf = (search: PathSearch, steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + search.costOf(step), 0);

const startsWith = (path: readonly Step[], root: readonly Step[]): boolean =>
  root.every((step, index) => path[index]?.edge === step.edge);

/** Cheapest, then shortest, then the one that was found first. */
function takeBest(candidates: Candidate[]): Candidate | undefined {
  let best = 0;
  for (const [index, candidate] of candidates.entries()) {
    const than = candidates[best];
    if (than && isBetter(candidate, than)) best = index;
  }
  return candidates.splice(best, 1)[0];
}

const isBetter = (a: Candidate, b: Candidate): boolean =>
  a.cost < b.cost || (a.cost === b.cost && a.steps.length < b.steps.length);
