import { Injectable } from '@nestjs/common';
import { compareCodePoints } from '../../common/code-points';
import { notFound } from '../../common/errors';
import { indexedWords, type FilterNode } from '../../common/filter';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import { nodeColumns, type Graph, type NodeInput, type NodeReference, type NodeRow } from '../graph';
import { lockGraph } from '../graphs.repository';
import { arrayLiteral } from '../../database/array-literal';
import { nodeFields } from './filters';
import { References } from './references';

export interface NodeSelection {
  readonly ids?: readonly string[] | undefined;
  /** All of them. */
  readonly labels?: readonly string[] | undefined;
  readonly filter?: FilterNode | undefined;
}

type IdentifiedNode = NodeInput & { readonly id: string };

const WRITE_TIMEOUT_MS = 60_000;

/** Nodes in Postgres. */
@Injectable()
export class NodesRepository {
  constructor(
    private readonly database: Database,
    private readonly references: References,
  ) {}

  /** All or nothing; existing ones are replaced. Ids are distinct. Throws `invalid` for a reference to what is missing. */
  async upsert(scope: Scope, graph: Graph, nodes: readonly IdentifiedNode[]): Promise<void> {
    const references = nodes.flatMap(({ ref }, index) => (ref ? [{ ref, path: `/nodes/${index}/ref` }] : []));
    const params = await rowsOf(nodes);
    await this.references.holding(
      scope,
      references,
      (inside) => this.database.transaction(scope, inside, { timeoutMs: WRITE_TIMEOUT_MS }),
      async (tx) => {
        if (!(await lockGraph(tx, graph.id))) throw notFound('graph', graph.name);
        await tx.query(UPSERT, [graph.id, scope.projectId, ...params]);
      },
    );
  }

  async find(scope: Scope, graph: Graph, id: string): Promise<NodeRow | undefined> {
    return (await this.findMany(scope, graph, [id]))[0];
  }

  /** By id. */
  async findMany(scope: Scope, graph: Graph, ids: readonly string[]): Promise<NodeRow[]> {
    const sql = `select ${nodeColumns('n')} from zerodb_graph_nodes n where n.graph_id = $1 and n.id = any($2::text[]) order by n.id`;
    return (await this.database.query<NodeRow>(scope, sql, [graph.id, ids])).rows;
  }

  /** By id; one more than `limit`. */
  async page(
    scope: Scope,
    graph: Graph,
    selection: NodeSelection & { readonly after?: string | undefined; readonly limit: number },
  ): Promise<NodeRow[]> {
    const params = new SqlParams([graph.id]);
    const conditions = nodeConditions(selection, 'n', params);
    const after = selection.after === undefined ? '' : ` and n.id > ${params.add(selection.after)}`;
    const sql = `select ${nodeColumns('n')} from zerodb_graph_nodes n where n.graph_id = $1${conditions}${after}
      order by n.id limit ${params.add(selection.limit + 1)}`;
    return (await this.database.query<NodeRow>(scope, sql, params.values)).rows;
  }

  /** With their edges, in one transaction. Returns how many there were (in that version). Throws `not_found` for the graph. */
  async delete(
    scope: Scope,
    graph: Graph,
    ids: readonly string[],
    version?: number,
  ): Promise<{ nodes: number; edges: number }> {
    return await this.database.transaction(
      scope,
      async (tx) => {
        if (!(await lockGraph(tx, graph.id))) throw notFound('graph', graph.name);
        const gone = await lockDoomed(tx, graph, ids, version);
        const edges = gone.length === 0 ? 0 : await removeEdges(tx, graph, gone);
        const sql = 'delete from zerodb_graph_nodes where graph_id = $1 and id = any($2::text[])';
        if (gone.length > 0) await tx.query(sql, [graph.id, gone]);
        return { nodes: gone.length, edges };
      },
      { timeoutMs: WRITE_TIMEOUT_MS },
    );
  }
}

const UPSERT = `insert into zerodb_graph_nodes as n
    (graph_id, project_id, id, labels, metadata, words, ref_kind, ref_place, ref_id)
  select $1::int, $2::int, i.id, i.labels::text[], i.metadata::jsonb, i.words::text[], i.kind, i.place, i.ref
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
    as i (id, labels, metadata, words, kind, place, ref)
  on conflict (graph_id, id) do update set labels = excluded.labels, metadata = excluded.metadata, words = excluded.words,
    ref_kind = excluded.ref_kind, ref_place = excluded.ref_place, ref_id = excluded.ref_id, ref_deleted_at = null,
    version = nextval('zerodb_version'), updated_at = now()`;

/** In the order of their ids, as everybody locks them. */
async function rowsOf(nodes: readonly IdentifiedNode[]): Promise<unknown[]> {
  const sorted = [...nodes].sort((a, b) => compareCodePoints(a.id, b.id));
  const references = sorted.map(({ ref }) => columnsOf(ref));
  return [
    sorted.map(({ id }) => id),
    sorted.map(({ labels = [] }) => arrayLiteral([...new Set(labels)].sort(compareCodePoints))),
    sorted.map(({ properties = {} }) => JSON.stringify(properties)),
    await mapInSlices(sorted, ({ properties = {} }) => arrayLiteral(indexedWords(properties, null))),
    ...[0, 1, 2].map((column) => references.map((columns) => columns[column])),
  ];
}

/** Kind, place and id. */
function columnsOf(ref: NodeReference | null | undefined): readonly (string | null)[] {
  if (!ref) return [null, null, null];
  if ('memory' in ref) return ['memory', '', ref.memory];
  return 'bucket' in ref ? ['file', ref.bucket, ref.key] : ['record', ref.collection, ref.id];
}

/** Further conditions on a node, each after ` and `. */
export function nodeConditions({ ids, labels, filter }: NodeSelection, alias: string, params: SqlParams): string {
  const parts: string[] = [];
  if (ids) parts.push(`${alias}.id = any(${params.add(ids, 'text[]')})`);
  if (labels && labels.length > 0) parts.push(`${alias}.labels @> ${params.add(labels, 'text[]')}`);
  if (filter) parts.push(compileFilter(filter, params, { alias, ownColumns: nodeFields(alias) }));
  return parts.map((part) => ` and ${part}`).join('');
}

async function lockDoomed(tx: Executor, graph: Graph, ids: readonly string[], version?: number): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `select id from zerodb_graph_nodes where graph_id = $1 and id = any($2::text[])
       and ($3::bigint is null or version = $3) order by id for update`,
    [graph.id, ids, version ?? null],
  );
  return rows.map(({ id }) => id);
}

/**
 * Nobody adds one to these nodes meanwhile: they are locked. No join of the table with itself: where Postgres expects few
 * edges it would compare each with each.
 */
async function removeEdges(tx: Executor, graph: Graph, nodes: readonly string[]): Promise<number> {
  const where = 'where graph_id = $1 and (source = any($2::text[]) or target = any($2::text[]))';
  const lock = `select count(*) from (select 1 from zerodb_graph_edges ${where} order by id for update) locked`;
  await tx.query(lock, [graph.id, nodes]);
  return (await tx.query(`delete from zerodb_graph_edges ${where}`, [graph.id, nodes])).rowCount;
}
