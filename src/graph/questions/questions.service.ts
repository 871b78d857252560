import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { compareCodePoints } from '../../common/code-points';
import { invalidAt, notFound } from '../../common/errors';
import { toTimestamptz } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { commonBody, pathsBody, traverseBody } from '../dto/question.schemas';
import { presentNode, type Graph, type NodeRow } from '../graph';
import { GraphsService } from '../graphs.service';
import { instantAt, parseEdgeFilter, parseNodeFilter } from '../items/filters';
import { NodesRepository } from '../items/nodes.repository';
import { Budget } from './budget';
import { EdgeReader, type Passable, type Step } from './edge-reader';
import { sortInTurns } from './in-turns';
import { kShortestPaths } from './k-shortest';
import { Neighbourhood, type Direction } from './neighbourhood';
import { presentPath } from './present-path';
import { reach } from './reach';
import { shortestPath } from './shortest';
import { simplePaths } from './simple-paths';

/** What a question says about what it passes, as its body has it. */
export interface Passing {
  readonly direction: Direction;
  readonly types?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly filter?: Record<string, unknown> | undefined;
  readonly edge_filter?: Record<string, unknown> | undefined;
  readonly as_of?: string | undefined;
}

interface Asked {
  readonly scope: Scope;
  readonly graph: Graph;
  readonly budget: Budget;
  readonly hood: Neighbourhood;
  readonly startedAt: number;
}

interface Bounds {
  readonly max_nodes: number;
  readonly max_edges: number;
}

type PathsRequest = z.output<typeof pathsBody>;

const DEPTHS = { shortest: 16, k_shortest: 16, all: 4 } as const;
const MAX_DEPTH_OF_ALL = 10;
const MAX_K = 100;
const DEFAULT_PATHS = 10;

/** Questions about how nodes hang together, each within bounds. */
@Injectable()
export class QuestionsService {
  constructor(
    private readonly database: Database,
    private readonly graphs: GraphsService,
    private readonly nodes: NodesRepository,
  ) {}

  /** The nodes within some edges of others. Throws `not_found` for a start that is missing. */
  async traverse(
    scope: Scope,
    name: string,
    body: z.output<typeof traverseBody>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { min_depth: minDepth, max_depth: maxDepth, limit } = body;
    if (minDepth > maxDepth) throw invalidAt('/min_depth', 'must not be greater than max_depth');
    const asked = await this.begin(scope, name, body, body.ids, signal);
    const starts = [...new Set(body.ids)];
    const reached = await reach(asked.hood, asked.budget, { starts, minDepth, maxDepth, limit });
    const rows = await this.rowsOf(
      asked,
      reached.map(({ id }) => id),
    );
    const nodes = reached.flatMap(({ id, distance, path }) => {
      const row = rows.get(id);
      const way = body.paths ? { path: presentPath(path[0]?.from ?? id, path) } : {};
      return row ? [{ node: presentNode(row), distance, ...way }] : [];
    });
    return { nodes, ...accountOf(asked) };
  }

  /** Paths between two nodes. Throws `not_found` where one of them is missing. */
  async paths(scope: Scope, name: string, body: PathsRequest, signal: AbortSignal): Promise<unknown> {
    mustFitMode(body);
    const ends = [body.from, body.to];
    // They need not match.
    const asked = await this.begin(scope, name, body, ends, signal, ends);
    const limit = body.limit ?? DEFAULT_PATHS;
    const paths = await pathsOf(asked, body, limit);
    if (body.mode === 'all' && paths.length > limit) asked.budget.end('limit');
    const shown = paths.slice(0, limit).map((path) => presentPath(body.from, path));
    return { paths: shown, ...accountOf(asked) };
  }

  /** The nodes that are neighbours of each of several. Throws `not_found` where one of them is missing. */
  async common(scope: Scope, name: string, body: z.output<typeof commonBody>, signal: AbortSignal): Promise<unknown> {
    const asked = await this.begin(scope, name, body, body.ids, signal);
    const ids = [...new Set(body.ids)];
    await asked.hood.load(ids, 'forward');
    const neighbours = ids.map((id) => new Set(asked.hood.stepsOf(id, 'forward').map(({ to }) => to)));
    const [first = new Set<string>(), ...others] = neighbours;
    const both = [...first].filter((id) => others.every((each) => each.has(id)));
    const shared = await sortInTurns(asked.budget, both, compareCodePoints);
    if (shared.length > body.limit) asked.budget.end('limit');
    const shown = shared.slice(0, body.limit);
    const rows = await this.rowsOf(asked, shown);
    const nodes = shown.flatMap((id) => rows.get(id) ?? []).map(presentNode);
    return { nodes, ...accountOf(asked) };
  }

  private async begin(
    scope: Scope,
    name: string,
    body: Passing & Bounds,
    starts: readonly string[],
    signal: AbortSignal,
    exempt: readonly string[] = [],
  ): Promise<Asked> {
    const startedAt = performance.now();
    const passable = passableOf(body, exempt);
    const graph = await this.graphs.find(scope, name);
    await this.mustHave(scope, graph, starts);
    const budget = new Budget(body.max_nodes, body.max_edges, signal);
    for (const id of starts) budget.visit(id);
    const reader = new EdgeReader(this.database, scope, graph.id, passable);
    return { scope, graph, budget, hood: new Neighbourhood(reader, budget, body.direction), startedAt };
  }

  private async mustHave(scope: Scope, graph: Graph, ids: readonly string[]): Promise<void> {
    const found = new Set((await this.nodes.findMany(scope, graph, ids)).map(({ id }) => id));
    const missing = ids.find((id) => !found.has(id));
    if (missing !== undefined) throw notFound('node', missing);
  }

  private async rowsOf({ scope, graph }: Asked, ids: readonly string[]): Promise<Map<string, NodeRow>> {
    if (ids.length === 0) return new Map();
    return new Map((await this.nodes.findMany(scope, graph, ids)).map((row) => [row.id, row]));
  }
}

/** Throws `invalid` for a filter or a time that is none. */
export const passableOf = (body: Passing, exempt: readonly string[]): Passable => ({
  types: body.types,
  asOf: body.as_of === undefined ? toTimestamptz(BigInt(Date.now()) * 1000n) : instantAt(body.as_of, '/as_of'),
  edgeFilter: parseEdgeFilter(body.edge_filter, '/edge_filter'),
  labels: body.labels,
  nodeFilter: parseNodeFilter(body.filter),
  exempt,
});

const accountOf = ({ budget, startedAt }: Asked): Record<string, unknown> => ({
  truncated: budget.truncatedBy !== undefined,
  truncated_by: budget.truncatedBy ?? null,
  visited: budget.visited,
  took_ms: Math.round(performance.now() - startedAt),
});

function mustFitMode({ mode, weighted, max_depth: depth, limit }: PathsRequest): void {
  if (mode === 'all' && weighted)
    throw invalidAt('/weighted', 'does not go with the mode "all", which lists by length');
  if (mode === 'all' && depth !== undefined && depth > MAX_DEPTH_OF_ALL) {
    throw invalidAt('/max_depth', `must be at most ${MAX_DEPTH_OF_ALL} in the mode "all"`);
  }
  if (weighted && depth !== undefined) {
    throw invalidAt('/max_depth', 'does not go with weighted: max_nodes and max_edges bound a weighted search');
  }
  if (mode === 'shortest' && limit !== undefined)
    throw invalidAt('/limit', 'goes with the modes "k_shortest" and "all"');
  if (mode === 'k_shortest' && limit !== undefined && limit > MAX_K) {
    throw invalidAt('/limit', `must be at most ${MAX_K} in the mode "k_shortest"`);
  }
}

async function pathsOf({ hood, budget }: Asked, body: PathsRequest, limit: number): Promise<Step[][]> {
  const { from, to, mode, weighted } = body;
  const maxDepth = body.max_depth ?? DEPTHS[mode];
  if (mode === 'all') return await simplePaths(hood, budget, { from, to, maxDepth, limit });
  const costOf = weighted ? ({ weight }: Step) => weight : () => 1;
  const costs = weighted ? { minCost: 0, maxCost: Infinity } : { minCost: 1, maxCost: maxDepth };
  const search = { hood, budget, costOf, ...costs };
  if (mode === 'k_shortest') return await kShortestPaths(search, from, to, limit);
  const path = await shortestPath(search, from, to);
  return path ? [path] : [];
}
