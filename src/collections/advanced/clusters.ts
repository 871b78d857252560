import { compareCodePoints } from '../../common/code-points';

export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly score: number;
}

export interface Cluster {
  readonly ids: string[];
  /** The weakest link that holds the cluster together. */
  readonly score: number;
}

/**
 * Joins pairs into clusters: whoever is linked, directly or through others, is together. The strongest links are joined
 * first, so that a cluster's score is that of the weakest link it needs. Largest first, ties by the first id.
 */
export function clustersOf(pairs: readonly Pair[], higherIsBetter: boolean): Cluster[] {
  const parents = new Map<string, string>();
  const weakest = new Map<string, number>();
  const strongestFirst = [...pairs].sort((x, y) => (higherIsBetter ? y.score - x.score : x.score - y.score));
  for (const { a, b, score } of strongestFirst) {
    const [rootA, rootB] = [rootOf(parents, a), rootOf(parents, b)];
    if (rootA === rootB) continue;
    parents.set(rootB, rootA);
    weakest.set(rootA, score);
  }
  return [...groupByRoot(parents)]
    .map(([root, ids]) => ({ ids: ids.sort(compareCodePoints), score: weakest.get(root) ?? 0 }))
    .sort((x, y) => y.ids.length - x.ids.length || compareCodePoints(x.ids[0] ?? '', y.ids[0] ?? ''));
}

function groupByRoot(parents: Map<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const id of parents.keys()) {
    const root = rootOf(parents, id);
    const group = groups.get(root);
    if (group) group.push(id);
    else groups.set(root, [id]);
  }
  return groups;
}

function rootOf(parents: Map<string, string>, id: string): string {
  if (!parents.has(id)) parents.set(id, id);
  let root = id;
  for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
    root = parent;
  // Points every step at the root, so that long chains are walked once.
  for (let step = id; step !== root;) {
    const next = parents.get(step) ?? root;
    parents.set(step, root);
    step = next;
  }
  return root;
}
