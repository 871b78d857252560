/** A graph in memory, and answers by trying everything: shares no code with the product. */
export interface NaiveEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly weight: number;
  readonly valid_to?: string;
  readonly properties: { readonly ok: boolean };
}

export interface NaiveNode {
  readonly id: string;
  readonly labels: readonly string[];
  readonly properties: { readonly n: number };
}

export interface NaiveGraph {
  readonly nodes: readonly NaiveNode[];
  readonly edges: readonly NaiveEdge[];
}

export interface NaiveQuestion {
  readonly direction: 'out' | 'in' | 'both';
  readonly passesEdge: (edge: NaiveEdge) => boolean;
  readonly passesNode: (node: NaiveNode) => boolean;
}

interface Walked {
  readonly edge: NaiveEdge;
  readonly to: string;
}

export interface NaivePath {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
  readonly weight: number;
}

/** Steps from a node, in both directions where both are asked for; a loop once. */
export function stepsFrom({ edges }: NaiveGraph, { direction, passesEdge }: NaiveQuestion, node: string): Walked[] {
  return edges.filter(passesEdge).flatMap((edge) => {
    const along = direction !== 'in' && edge.source === node ? [{ edge, to: edge.target }] : [];
    const against = direction !== 'out' && edge.target === node ? [{ edge, to: edge.source }] : [];
    return direction === 'both' && edge.source === edge.target ? along : [...along, ...against];
  });
}

/** Distance of each node within `depth` that can be reached over nodes that pass. */
export function distances(
  graph: NaiveGraph,
  question: NaiveQuestion,
  starts: readonly string[],
  depth: number,
): Map<string, number> {
  const found = new Map(starts.map((id) => [id, 0]));
  for (let distance = 1; distance <= depth; distance++) {
    for (const [node, at] of [...found]) {
      if (at !== distance - 1) continue;
      for (const { to } of stepsFrom(graph, question, node)) {
        const target = graph.nodes.find(({ id }) => id === to);
        if (target && !found.has(to) && question.passesNode(target)) found.set(to, distance);
      }
    }
  }
  return found;
}

/** Every path without loops, of at most `depth` edges. Nodes between the ends must pass. */
export function allPaths(
  graph: NaiveGraph,
  question: NaiveQuestion,
  from: string,
  to: string,
  depth: number,
): NaivePath[] {
  const passing = new Set(graph.nodes.filter(question.passesNode).map(({ id }) => id)).add(from).add(to);
  const found: NaivePath[] = [];
  const walk = (path: NaivePath): void => {
    const at = path.nodes.at(-1) ?? from;
    if (at === to) return void found.push(path);
    if (path.edges.length === depth) return;
    for (const { edge, to: next } of stepsFrom(graph, question, at)) {
      if (path.nodes.includes(next) || !passing.has(next)) continue;
      walk({ nodes: [...path.nodes, next], edges: [...path.edges, edge.id], weight: path.weight + edge.weight });
    }
  };
  walk({ nodes: [from], edges: [], weight: 0 });
  return found;
}
