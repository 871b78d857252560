import { Injectable } from '@nestjs/common';
import { RecordLimits } from '../../collections/records/record-input';
import { notFound, preconditionFailed, type Fault } from '../../common/errors';
import { parseInstant } from '../../common/filter';
import { newId } from '../../common/ids';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { GraphsService } from '../graphs.service';
import type { EdgeInput, EdgeRow } from '../graph';
import { mustBeBatch } from './batch';
import { EdgesRepository } from './edges.repository';
import { parseEdgeFilter } from './filters';

export interface ListEdges {
  readonly ids?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  /** As it was sent: a cursor belongs to it. */
  readonly filter?: Record<string, unknown> | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
  /** Where the cursor stands in the request, for its faults. */
  readonly afterPath: string;
}

/** Edges: stored, read, deleted. */
@Injectable()
export class EdgesService {
  constructor(
    private readonly graphs: GraphsService,
    private readonly repository: EdgesRepository,
    private readonly limits: RecordLimits,
  ) {}

  /** All or nothing. */
  async upsert(scope: Scope, name: string, edges: readonly EdgeInput[]): Promise<{ upserted: number; ids: string[] }> {
    const graph = await this.graphs.find(scope, name);
    mustBeBatch('edges', edges, this.limits, timeFaults);
    const identified = edges.map((edge) => ({ ...edge, id: edge.id ?? newId() }));
    await this.repository.upsert(scope, graph, identified);
    return { upserted: edges.length, ids: identified.map(({ id }) => id) };
  }

  async get(scope: Scope, name: string, id: string): Promise<EdgeRow> {
    const row = await this.repository.find(scope, await this.graphs.find(scope, name), id);
    if (!row) throw notFound('edge', id);
    return row;
  }

  async list(scope: Scope, name: string, { limit, after, afterPath, ...selection }: ListEdges): Promise<Page<EdgeRow>> {
    const filter = parseEdgeFilter(selection.filter);
    const fingerprint = fingerprintOf([name, selection]);
    const [from] = after === undefined ? [undefined] : decodeCursor(after, fingerprint, 1, afterPath);
    const graph = await this.graphs.find(scope, name);
    const request = { ...selection, filter, limit, after: from === undefined ? undefined : String(from) };
    const rows = await this.repository.page(scope, graph, request);
    return pageOf(
      rows,
      limit,
      (row) => row,
      ({ id }) => [id],
      fingerprint,
    );
  }

  async delete(scope: Scope, name: string, id: string, version: number | undefined): Promise<void> {
    const graph = await this.graphs.find(scope, name);
    if ((await this.repository.delete(scope, graph, [id], version)) === 1) return;
    const row = version === undefined ? undefined : await this.repository.find(scope, graph, id);
    if (row) throw preconditionFailed(`The edge "${id}" has version ${row.version} now.`);
    throw notFound('edge', id);
  }

  async deleteMany(scope: Scope, name: string, ids: readonly string[]): Promise<number> {
    return await this.repository.delete(scope, await this.graphs.find(scope, name), ids);
  }
}

function timeFaults({ valid_from: from, valid_to: to }: EdgeInput, path: string): Fault[] {
  const [since, until] = [from, to].map((time) => (time ? parseInstant(time) : null));
  const message = 'must be an RFC 3339 date-time with a zone';
  const faults: Fault[] = [];
  if (since === undefined || from === '') faults.push({ path: `${path}/valid_from`, message });
  if (until === undefined || to === '') faults.push({ path: `${path}/valid_to`, message });
  if (typeof since === 'bigint' && typeof until === 'bigint' && until <= since)
    faults.push({ path: `${path}/valid_to`, message: 'must be after valid_from' });
  return faults;
}
