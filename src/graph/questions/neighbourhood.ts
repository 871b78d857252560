import { compareCodePoints } from '../../common/code-points';
import type { Budget } from './budget';
import { SLICE, type EdgeReader, type Position, type Side, type Step } from './edge-reader';

export type Direction = 'out' | 'in' | 'both';
export type Way = 'forward' | 'backward';

const SIDES: Readonly<Record<Direction, Readonly<Record<Way, readonly Side[]>>>> = {
  out: { forward: ['source'], backward: ['target'] },
  in: { forward: ['target'], backward: ['source'] },
  both: { forward: ['source', 'target'], backward: ['target', 'source'] },
};

/** In one statement. */
const NODES_AT_ONCE = 1_000;

/** Nodes whose edges are being read, a slice at a time. */
export interface Loading {
  readonly way: Way;
  readonly nodes: readonly string[];
  readonly rest: { readonly side: Side; nodes: readonly string[]; after: Position | undefined }[];
}

/** `ended`: by the budget. */
export type Loaded = 'all' | 'more' | 'ended';

/**
 * The part of a graph that a question has read so far, each node's edges once. Steps of the way `backward` lead towards
 * the node that they are listed under.
 */
export class Neighbourhood {
  private readonly lists = { forward: new Map<string, Step[]>(), backward: new Map<string, Step[]>() };
  private readonly complete = { forward: new Set<string>(), backward: new Set<string>() };

  constructor(
    private readonly reader: EdgeReader,
    private readonly budget: Budget,
    private readonly direction: Direction,
  ) {}

  isLoaded(node: string, way: Way): boolean {
    return this.complete[way].has(node);
  }

  /** Those that may be passed, as far as they are read. */
  stepsOf(node: string, way: Way): readonly Step[] {
    return this.lists[way].get(node) ?? [];
  }

  *stepsOfAll(nodes: readonly string[], way: Way): Generator<Step, void> {
    for (const node of nodes) yield* this.stepsOf(node, way);
  }

  /** Reads the edges of these nodes. Whether all of them were read within the budget. */
  async load(nodes: readonly string[], way: Way): Promise<boolean> {
    const loading = this.begin(nodes, way);
    let loaded: Loaded = 'more';
    while (loaded === 'more') loaded = await this.loadMore(loading);
    return loaded === 'all';
  }

  /** For `loadMore`: a node may have so many edges that the answer is found elsewhere sooner. */
  begin(nodes: readonly string[], way: Way): Loading {
    const missing = nodes.filter((node) => !this.isLoaded(node, way));
    for (const node of missing) this.lists[way].set(node, []);
    const rest: Loading['rest'] = [];
    for (let at = 0; at < missing.length; at += NODES_AT_ONCE) {
      const part = missing.slice(at, at + NODES_AT_ONCE);
      for (const side of SIDES[this.direction][way]) rest.push({ side, nodes: part, after: undefined });
    }
    return { way, nodes: missing, rest };
  }

  /** Reads one slice, of at most `most` edges: of all nodes that are left, or of the one in the middle of which it stopped. */
  async loadMore({ way, nodes, rest }: Loading, most = SLICE): Promise<Loaded> {
    if (!(await this.budget.goOn())) return 'ended';
    const part = rest[0];
    if (part && !(await this.read(way, part, most))) return 'ended';
    if (part?.nodes.length === 0) rest.shift();
    if (rest.length > 0) return 'more';
    for (const node of nodes) this.complete[way].add(node);
    return 'all';
  }

  private async read(way: Way, part: Loading['rest'][number], most: number): Promise<boolean> {
    if (this.budget.edgesLeft <= 0) return this.budget.end('max_edges');
    const { side, nodes, after } = part;
    const slice = await this.reader.read(side, nodes, Math.min(most, this.budget.edgesLeft), after);
    this.budget.edges += slice.examined;
    for (const { step } of slice.steps) if (!this.add(step, way, side)) return false;
    part.after = slice.next;
    part.nodes = leftOf(nodes, after, slice.next);
    return true;
  }

  private add(step: Step, way: Way, side: Side): boolean {
    const isLoop = step.from === step.to;
    if (isLoop && this.direction === 'both' && side === 'target') return true;
    if (!this.budget.visit(step.to)) return false;
    const walked = way === 'forward' ? step : { ...step, from: step.to, to: step.from };
    this.lists[way].get(step.from)?.push(walked);
    return true;
  }
}

/** The nodes that are still to be read, in the order of their ids: the one in the middle of which it stopped, then others. */
function leftOf(nodes: readonly string[], after: Position | undefined, next: Position | undefined): readonly string[] {
  if (next) return nodes.filter((node) => compareCodePoints(node, next.node) >= 0);
  return after ? nodes.filter((node) => node !== after.node) : [];
}
