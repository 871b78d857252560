import { Injectable } from '@nestjs/common';
import { notFound, preconditionFailed } from '../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../common/paging';
import type { Scope } from '../common/scope';
import type { Graph } from './graph';
import { GraphsRepository, type GraphCounts } from './graphs.repository';

export interface PutConditions {
  readonly createOnly: boolean;
  readonly version: number | undefined;
}

const LIST = fingerprintOf('graphs');

/** Graphs: made, found, deleted. */
@Injectable()
export class GraphsService {
  constructor(private readonly repository: GraphsRepository) {}

  /** Throws `not_found`. */
  async find(scope: Scope, name: string): Promise<Graph> {
    const graph = await this.repository.find(scope, name);
    if (!graph) throw notFound('graph', name);
    return graph;
  }

  async get(scope: Scope, name: string): Promise<{ graph: Graph; counts: GraphCounts }> {
    const graph = await this.find(scope, name);
    return { graph, counts: await this.repository.counts(scope, graph.id) };
  }

  async list(scope: Scope, limit: number, cursor?: string): Promise<Page<Graph>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, LIST, 1, 'query:after');
    const rows = await this.repository.page(scope, String(after), limit);
    return pageOf(
      rows,
      limit,
      (graph) => graph,
      ({ name }) => [name],
      LIST,
    );
  }

  /** Makes it, or sets the description of the one there is; one that is not given stays. */
  async put(
    scope: Scope,
    name: string,
    description: string | null | undefined,
    conditions: PutConditions,
  ): Promise<{ graph: Graph; created: boolean }> {
    const known = await this.repository.find(scope, name);
    if (known) return { graph: await this.change(scope, known, description, conditions), created: false };
    if (conditions.version !== undefined) throw preconditionFailed(`There is no graph "${name}".`);
    const created = await this.repository.create(scope, name, description ?? null);
    if (created) return { graph: created, created: true };
    // Somebody else made it meanwhile.
    const theirs = await this.find(scope, name);
    return { graph: await this.change(scope, theirs, description, conditions), created: false };
  }

  private async change(
    scope: Scope,
    graph: Graph,
    description: string | null | undefined,
    { createOnly, version }: PutConditions,
  ): Promise<Graph> {
    if (createOnly) throw preconditionFailed(`There is a graph "${graph.name}" already.`);
    const wanted = description === undefined ? graph.description : description;
    const changed = await this.repository.describe(scope, graph.id, wanted, version);
    if (changed) return changed;
    throw otherVersion(await this.find(scope, graph.name));
  }

  async delete(scope: Scope, name: string, version: number | undefined): Promise<void> {
    const graph = await this.find(scope, name);
    if (await this.repository.delete(scope, graph.id, version)) return;
    throw otherVersion(await this.find(scope, name));
  }
}

const otherVersion = ({ name, version }: Graph): Error =>
  preconditionFailed(`The graph "${name}" has version ${version} now.`);
