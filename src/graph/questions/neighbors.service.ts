import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { notFound } from '../../common/errors';
import { decodeCursor, encodeCursor, fingerprintOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { neighborsBody } from '../dto/question.schemas';
import { presentEdge, presentNode, type Graph } from '../graph';
import { GraphsService } from '../graphs.service';
import { EdgesRepository } from '../items/edges.repository';
import { NodesRepository } from '../items/nodes.repository';
import { EdgeReader, SLICE, type Position, type Side, type Step } from './edge-reader';
import type { Direction } from './neighbourhood';
import { passableOf } from './questions.service';

type Request = z.output<typeof neighborsBody>;

const SIDES: Readonly<Record<Direction, readonly Side[]>> = {
  out: ['source'],
  in: ['target'],
  both: ['source', 'target'],
};
/** Slices that are looked through for a page: one with few or no matches ends then, and the next one continues. */
const SLICES = 4;
/** The first slice is small: mostly it fills the page. */
const FIRST_SLICE = 200;

/** How far a page has come: the side, and the last edge of it that was looked at. */
interface Progress {
  side: number;
  after: Position | undefined;
}

/** The neighbours of one node, by page. */
@Injectable()
export class NeighborsService {
  constructor(
    private readonly database: Database,
    private readonly graphs: GraphsService,
    private readonly nodes: NodesRepository,
    private readonly edges: EdgesRepository,
  ) {}

  /** Throws `not_found` when there is no such node. A page may have fewer than `limit`, also when there are more. */
  async page(scope: Scope, name: string, request: Request, signal: AbortSignal): Promise<Page<unknown>> {
    const fingerprint = fingerprintOf([name, { ...request, after: undefined, limit: undefined }]);
    const progress = progressOf(request, fingerprint);
    const passable = passableOf(request, []);
    const graph = await this.graphs.find(scope, name);
    if (!(await this.nodes.find(scope, graph, request.id))) throw notFound('node', request.id);
    const reader = new EdgeReader(this.database, scope, graph.id, passable);
    const steps = await collect(reader, request, progress, signal);
    const hasMore = progress.side < SIDES[request.direction].length;
    return {
      data: await this.shown(scope, graph, steps),
      has_more: hasMore,
      next_cursor: hasMore ? encodeCursor(keysOf(progress), fingerprint) : null,
    };
  }

  private async shown(scope: Scope, graph: Graph, steps: readonly Step[]): Promise<unknown[]> {
    if (steps.length === 0) return [];
    const nodes = await this.nodes.findMany(scope, graph, [...new Set(steps.map(({ to }) => to))]);
    const edges = await this.edges.findMany(scope, graph, [...new Set(steps.map(({ edge }) => edge))]);
    const nodeOf = new Map(nodes.map((row) => [row.id, row]));
    const edgeOf = new Map(edges.map((row) => [row.id, row]));
    return steps.flatMap((step) => {
      const [node, edge] = [nodeOf.get(step.to), edgeOf.get(step.edge)];
      return node && edge ? [{ node: presentNode(node), edge: presentEdge(edge) }] : [];
    });
  }
}

/** Reads until the page is full, all is read, or enough was looked through. */
async function collect(
  reader: EdgeReader,
  { id, direction, limit }: Request,
  progress: Progress,
  signal: AbortSignal,
): Promise<Step[]> {
  const found: Step[] = [];
  for (let slices = 0; slices < SLICES; slices++) {
    const side = SIDES[direction][progress.side];
    if (side === undefined) break;
    signal.throwIfAborted();
    const most = slices === 0 ? Math.min(SLICE, Math.max(2 * limit, FIRST_SLICE)) : SLICE;
    const { steps, next } = await reader.read(side, [id], most, progress.after);
    // Walked from its source, a loop was found already.
    const own = steps.filter(({ step }) => progress.side === 0 || step.from !== step.to);
    const room = limit - found.length;
    const taken = own.slice(0, room);
    for (const { step } of taken) found.push(step);
    if (own.length > room) {
      progress.after = taken.at(-1)?.at ?? progress.after;
      break;
    }
    progress.after = next;
    if (!next) progress.side++;
    if (found.length === limit) break;
  }
  return found;
}

const keysOf = ({ side, after }: Progress): (string | number)[] =>
  after ? [side, after.type, after.id] : [side, '', ''];

function progressOf({ id: node, after, direction }: Request, fingerprint: string): Progress {
  if (after === undefined) return { side: 0, after: undefined };
  const [side, type, id] = decodeCursor(after, fingerprint, 3, '/after');
  const sides = SIDES[direction].length;
  const at = Math.min(Math.max(Math.trunc(Number(side)) || 0, 0), sides - 1);
  const position = { node, type: String(type), id: String(id) };
  return { side: at, after: position.id === '' ? undefined : position };
}
