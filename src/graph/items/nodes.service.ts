import { Injectable } from '@nestjs/common';
import { RecordLimits } from '../../collections/records/record-input';
import { notFound, preconditionFailed } from '../../common/errors';
import { newId } from '../../common/ids';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { GraphsService } from '../graphs.service';
import type { NodeInput, NodeRow } from '../graph';
import { mustBeBatch } from './batch';
import { parseNodeFilter } from './filters';
import { NodesRepository } from './nodes.repository';

export interface ListNodes {
  readonly ids?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  /** As it was sent: a cursor belongs to it. */
  readonly filter?: Record<string, unknown> | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
  /** Where the cursor stands in the request, for its faults. */
  readonly afterPath: string;
}

/** Nodes: stored, read, deleted. */
@Injectable()
export class NodesService {
  constructor(
    private readonly graphs: GraphsService,
    private readonly repository: NodesRepository,
    private readonly limits: RecordLimits,
  ) {}

  /** All or nothing. */
  async upsert(scope: Scope, name: string, nodes: readonly NodeInput[]): Promise<{ upserted: number; ids: string[] }> {
    const graph = await this.graphs.find(scope, name);
    mustBeBatch('nodes', nodes, this.limits);
    const identified = nodes.map((node) => ({ ...node, id: node.id ?? newId() }));
    await this.repository.upsert(scope, graph, identified);
    return { upserted: nodes.length, ids: identified.map(({ id }) => id) };
  }

  async get(scope: Scope, name: string, id: string): Promise<NodeRow> {
    const row = await this.repository.find(scope, await this.graphs.find(scope, name), id);
    if (!row) throw notFound('node', id);
    return row;
  }

  async list(
    scope: Scope,
    name: string,
    { ids, labels, filter, limit, after, afterPath }: ListNodes,
  ): Promise<Page<NodeRow>> {
    const parsed = parseNodeFilter(filter);
    const fingerprint = fingerprintOf([name, ids, labels, filter]);
    const [from] = after === undefined ? [undefined] : decodeCursor(after, fingerprint, 1, afterPath);
    const graph = await this.graphs.find(scope, name);
    const request = { ids, labels, filter: parsed, limit, after: from === undefined ? undefined : String(from) };
    const rows = await this.repository.page(scope, graph, request);
    return pageOf(
      rows,
      limit,
      (row) => row,
      ({ id }) => [id],
      fingerprint,
    );
  }

  /** With its edges. */
  async delete(scope: Scope, name: string, id: string, version: number | undefined): Promise<void> {
    const graph = await this.graphs.find(scope, name);
    if ((await this.repository.delete(scope, graph, [id], version)).nodes === 1) return;
    const row = version === undefined ? undefined : await this.repository.find(scope, graph, id);
    if (row) throw preconditionFailed(`The node "${id}" has version ${row.version} now.`);
    throw notFound('node', id);
  }

  async deleteMany(scope: Scope, name: string, ids: readonly string[]): Promise<{ deleted: number; edges: number }> {
    const { nodes, edges } = await this.repository.delete(scope, await this.graphs.find(scope, name), ids);
    return { deleted: nodes, edges };
  }
}
