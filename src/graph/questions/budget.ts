import { remainingMs } from '../../common/deadline';
import { createPause } from '../../common/in-slices';

/** Why an answer is not complete. */
export const TRUNCATIONS = ['limit', 'max_nodes', 'max_edges', 'max_steps', 'deadline'] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

/** Kept to read and send the answer. */
const RESERVE_MS = 250;
const RESERVED_SHARE = 0.2;
/** The work of about a second, of a thread that others use, too. */
const MAX_STEPS = 2_000_000;
const SLICE_MS = 5;

/**
 * What one question may use: nodes, edges, steps of computing, and time. Once something is used up, the question answers
 * with what it has.
 */
export class Budget {
  /** Edges that were looked at. */
  edges = 0;
  truncatedBy: Truncation | undefined;
  private steps = 0;
  private readonly nodes = new Set<string>();
  private readonly pause = createPause(SLICE_MS);
  private readonly reserveMs: number;

  constructor(
    private readonly maxNodes: number,
    private readonly maxEdges: number,
    private readonly signal: AbortSignal,
  ) {
    this.reserveMs = Math.min(RESERVE_MS, remainingMs(signal, Infinity) * RESERVED_SHARE);
  }

  get visited(): { nodes: number; edges: number } {
    return { nodes: this.nodes.size, edges: this.edges };
  }

  get edgesLeft(): number {
    return this.maxEdges - this.edges;
  }

  /** Whether the node may be visited, or was before. */
  visit(node: string): boolean {
    if (this.nodes.has(node)) return true;
    if (this.nodes.size >= this.maxNodes) return this.end('max_nodes');
    this.nodes.add(node);
    return true;
  }

  end(reason: Truncation): false {
    this.truncatedBy ??= reason;
    return false;
  }

  /** Counts steps and lets other requests run. Whether nothing is used up; throws when the request was given up. */
  async goOn(steps = 0): Promise<boolean> {
    return (await this.hasTime(steps)) && this.truncatedBy === undefined;
  }

  /** The same for work on what has been read: whether there is time left for it. */
  async hasTime(steps: number): Promise<boolean> {
    await this.pause();
    this.signal.throwIfAborted();
    this.steps += steps;
    if (this.steps > MAX_STEPS) return this.end('max_steps');
    return remainingMs(this.signal, Infinity) >= this.reserveMs || this.end('deadline');
  }
}
