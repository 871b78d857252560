import { Injectable } from '@nestjs/common';
import { compareCodePoints } from '../../common/code-points';
import { notFound, type Fault } from '../../common/errors';
import { indexedWords, type FilterNode } from '../../common/filter';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import { edgeColumns, type EdgeInput, type EdgeRow, type Graph } from '../graph';
import { lockGraph } from '../graphs.repository';
import { arrayLiteral } from '../../database/array-literal';
import { mustHaveNone } from './batch';
import { edgeFields, instantAt } from './filters';

export interface EdgeSelection {
  readonly ids?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly filter?: FilterNode | undefined;
}

type IdentifiedEdge = EdgeInput & { readonly id: string };

const WRITE_TIMEOUT_MS = 60_000;

/** Edges in Postgres. */
@Injectable()
export class EdgesRepository {
  constructor(private readonly database: Database) {}

  /** All or nothing; existing ones are replaced. Ids are distinct. Throws `invalid` for an end that is missing. */
  async upsert(scope: Scope, graph: Graph, edges: readonly IdentifiedEdge[]): Promise<void> {
    const params = await rowsOf(edges);
    await this.database.transaction(
      scope,
      async (tx) => {
        if (!(await lockGraph(tx, graph.id))) throw notFound('graph', graph.name);
        mustHaveNone('edges', await missingEnds(tx, graph, edges));
        await tx.query(UPSERT, [graph.id, scope.projectId, ...params]);
      },
      { timeoutMs: WRITE_TIMEOUT_MS },
    );
  }

  async find(scope: Scope, graph: Graph, id: string): Promise<EdgeRow | undefined> {
    return (await this.findMany(scope, graph, [id]))[0];
  }

  /** By id. */
  async findMany(scope: Scope, graph: Graph, ids: readonly string[]): Promise<EdgeRow[]> {
    const sql = `select ${edgeColumns('e')} from zerodb_graph_edges e where e.graph_id = $1 and e.id = any($2::text[]) order by e.id`;
    return (await this.database.query<EdgeRow>(scope, sql, [graph.id, ids])).rows;
  }

  /** By id; one more than `limit`. */
  async page(
    scope: Scope,
    graph: Graph,
    selection: EdgeSelection & { readonly after?: string | undefined; readonly limit: number },
  ): Promise<EdgeRow[]> {
    const params = new SqlParams([graph.id]);
    const conditions = edgeConditions(selection, 'e', params);
    const after = selection.after === undefined ? '' : ` and e.id > ${params.add(selection.after)}`;
    const sql = `select ${edgeColumns('e')} from zerodb_graph_edges e where e.graph_id = $1${conditions}${after}
      order by e.id limit ${params.add(selection.limit + 1)}`;
    return (await this.database.query<EdgeRow>(scope, sql, params.values)).rows;
  }

  /** Returns how many there were (in that version). Throws `not_found` for the graph. */
  async delete(scope: Scope, graph: Graph, ids: readonly string[], version?: number): Promise<number> {
    const where = `where graph_id = $1 and id = any($2::text[]) and ($3::bigint is null or version = $3)`;
    const params = [graph.id, ids, version ?? null];
    const lock = `select count(*) from (select 1 from zerodb_graph_edges ${where} order by id for update) locked`;
    return await this.database.transaction(
      scope,
      async (tx) => {
        if (!(await lockGraph(tx, graph.id))) throw notFound('graph', graph.name);
        await tx.query(lock, params);
        return (await tx.query(`delete from zerodb_graph_edges ${where}`, params)).rowCount;
      },
      { timeoutMs: WRITE_TIMEOUT_MS },
    );
  }
}

const UPSERT = `insert into zerodb_graph_edges as e
    (graph_id, project_id, id, source, target, type, weight, valid_from, valid_to, metadata, words)
  select $1::int, $2::int, i.id, i.source, i.target, i.type, i.weight, i.valid_from::timestamptz, i.valid_to::timestamptz,
    i.metadata::jsonb, i.words::text[]
  from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[], $9::text[], $10::text[], $11::text[])
    as i (id, source, target, type, weight, valid_from, valid_to, metadata, words)
  on conflict (graph_id, id) do update set source = excluded.source, target = excluded.target, type = excluded.type,
    weight = excluded.weight, valid_from = excluded.valid_from, valid_to = excluded.valid_to, metadata = excluded.metadata,
    words = excluded.words, version = nextval('zerodb_version'), updated_at = now()`;

/** In the order of their ids, as everybody locks them. */
async function rowsOf(edges: readonly IdentifiedEdge[]): Promise<unknown[]> {
  const sorted = [...edges].sort((a, b) => compareCodePoints(a.id, b.id));
  const moment = (time: string | null | undefined): string | null => (time ? instantAt(time, '') : null);
  return [
    sorted.map(({ id }) => id),
    sorted.map(({ source }) => source),
    sorted.map(({ target }) => target),
    sorted.map(({ type }) => type),
    sorted.map(({ weight = 1 }) => weight),
    sorted.map(({ valid_from: from }) => moment(from)),
    sorted.map(({ valid_to: to }) => moment(to)),
    sorted.map(({ properties = {} }) => JSON.stringify(properties)),
    await mapInSlices(sorted, ({ properties = {} }) => arrayLiteral(indexedWords(properties, null))),
  ];
}

/** The ends stay until the edges are written: who deletes a node waits, and then finds them. */
async function missingEnds(tx: Executor, graph: Graph, edges: readonly IdentifiedEdge[]): Promise<Fault[]> {
  const ends = [...new Set(edges.flatMap(({ source, target }) => [source, target]))];
  const { rows } = await tx.query<{ id: string }>(
    `select id from zerodb_graph_nodes where graph_id = $1 and id = any($2::text[]) order by id for key share`,
    [graph.id, ends],
  );
  const found = new Set(rows.map(({ id }) => id));
  return edges.flatMap((edge, index) =>
    (['source', 'target'] as const).flatMap((end) =>
      found.has(edge[end]) ? [] : [{ path: `/edges/${index}/${end}`, message: `there is no node "${edge[end]}"` }],
    ),
  );
}

/** Further conditions on an edge, each after ` and `. */
export function edgeConditions(selection: EdgeSelection, alias: string, params: SqlParams): string {
  const { ids, types, source, target, filter } = selection;
  const parts: string[] = [];
  if (ids) parts.push(`${alias}.id = any(${params.add(ids, 'text[]')})`);
  if (types) parts.push(`${alias}.type = any(${params.add(types, 'text[]')})`);
  if (source !== undefined) parts.push(`${alias}.source = ${params.add(source, 'text')}`);
  if (target !== undefined) parts.push(`${alias}.target = ${params.add(target, 'text')}`);
  if (filter) parts.push(compileFilter(filter, params, { alias, ownColumns: edgeFields(alias) }));
  return parts.map((part) => ` and ${part}`).join('');
}
