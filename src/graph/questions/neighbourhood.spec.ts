import { compareCodePoints } from '../../common/code-points';
import { Budget } from './budget';
import { Neighbourhood } from './neighbourhood';
import type { EdgeReader, Position, Side, Slice } from './edge-reader';

/** Nodes with so many edges, read as the product reads them. */
class Reader implements Pick<EdgeReader, 'read'> {
  readonly asked: { nodes: readonly string[]; after: string | undefined }[] = [];

  constructor(private readonly edges: ReadonlyMap<string, number>) {}

  read(_side: Side, nodes: readonly string[], most: number, after?: Position): Promise<Slice> {
    this.asked.push({ nodes, after: after?.id });
    const of = (after ? [after.node] : [...nodes]).sort(compareCodePoints);
    const all = of.flatMap((node) =>
      Array.from({ length: this.edges.get(node) ?? 0 }, (_, at) => `${node}-${String(at).padStart(2, '0')}`),
    );
    const left = all.filter((id) => after === undefined || id > after.id);
    const steps = left.slice(0, most).map((id) => {
      const node = id.slice(0, 1);
      const step = { edge: id, from: node, to: `t-${id}`, type: 't', weight: 1 };
      return { step, at: { node, type: 't', id } };
    });
    const next = left.length > most ? steps.at(-1)?.at : undefined;
    return Promise.resolve({ steps, examined: steps.length, next });
  }
}

describe('the part of a graph that was read', () => {
  it('reads each edge once, and continues in the middle of one node alone', async () => {
    const edges = new Map([
      ['c', 2],
      ['a', 7],
      ['b', 1],
      ['d', 0],
      ['e', 9],
    ]);
    const reader = new Reader(edges);
    const budget = new Budget(1_000, 1_000, new AbortController().signal);
    const hood = new Neighbourhood(reader as unknown as EdgeReader, budget, 'out');
    const loading = hood.begin([...edges.keys()], 'forward');
    while ((await hood.loadMore(loading, 4)) === 'more');
    for (const [node, count] of edges) {
      const read = hood.stepsOf(node, 'forward').map(({ edge }) => edge);
      expect([node, read.length, new Set(read).size, hood.isLoaded(node, 'forward')]).toEqual([
        node,
        count,
        count,
        true,
      ]);
    }
    expect(budget.edges).toBe(19);
    expect(reader.asked.map(({ nodes, after }) => [nodes.join(''), after])).toEqual([
      ['cabde', undefined],
      ['cabde', 'a-03'],
      ['cbde', undefined],
      ['e', 'e-00'],
      ['e', 'e-04'],
    ]);
  });
});
