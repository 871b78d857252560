import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import type { Database } from '../../database/database.port';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import { edgeFields } from '../items/filters';
import { nodeConditions } from '../items/nodes.repository';

/** Edges as they are walked: along `source` -> `target`, or against it. */
export type Side = 'source' | 'target';

/** One edge in the direction of the walk. */
export interface Step {
  readonly edge: string;
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly weight: number;
}

/** What a walk may pass. */
export interface Passable {
  readonly types?: readonly string[] | undefined;
  /** Only edges that hold then. As Postgres takes it. */
  readonly asOf: string;
  readonly edgeFilter?: FilterNode | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly nodeFilter?: FilterNode | undefined;
  /** Nodes that need not match. */
  readonly exempt: readonly string[];
}

/** The place of an edge in the order in which edges are read. */
export interface Position {
  readonly node: string;
  readonly type: string;
  readonly id: string;
}

export interface Slice {
  readonly steps: readonly { readonly step: Step; readonly at: Position }[];
  /** Edges that were looked at, whether they may be passed or not. */
  readonly examined: number;
  /** Where the next slice begins; absent after the last one. */
  readonly next?: Position | undefined;
}

interface Row {
  id: string;
  source: string;
  target: string;
  type: string;
  weight: number;
  passes: boolean;
}

/** Edges in one statement: few enough for the thread, enough to cost few round trips. */
export const SLICE = 5_000;

/** Reads the edges of a graph by their ends, a bounded number at a time, however many a node has. */
export class EdgeReader {
  constructor(
    private readonly database: Database,
    private readonly scope: Scope,
    private readonly graphId: number,
    private readonly passable: Passable,
  ) {}

  /** The edges of `nodes` on this side, in the order of node, type and id. At most `most` are looked at. */
  async read(side: Side, nodes: readonly string[], most: number, after?: Position): Promise<Slice> {
    const params = new SqlParams([this.graphId]);
    const sql = this.sql(side, nodes, most, after, params);
    const { rows } = await this.database.query<Row>(this.scope, sql, params.values);
    const shown = rows.slice(0, most);
    const last = shown.at(-1);
    return {
      steps: shown
        .filter(({ passes }) => passes)
        .map((row) => ({ step: stepOf(row, side), at: positionOf(row, side) })),
      examined: shown.length,
      next: rows.length > most && last ? positionOf(last, side) : undefined,
    };
  }

  private sql(
    side: Side,
    nodes: readonly string[],
    most: number,
    after: Position | undefined,
    params: SqlParams,
  ): string {
    const order = `e.${side}, e.type, e.id`;
    const parts = [`e.graph_id = $1`, `e.${side} = any(${params.add(nodes, 'text[]')})`];
    if (this.passable.types) parts.push(`e.type = any(${params.add(this.passable.types, 'text[]')})`);
    if (after) {
      const { node, type, id } = params.addAll({ node: after.node, type: after.type, id: after.id });
      parts.push(`(${order}) > (${node}::text, ${type}::text, ${id}::text)`);
    }
    // Looked at before they are filtered: otherwise a filter that nothing matches would read every edge of a node.
    return `with raw as materialized (select e.* from zerodb_graph_edges e where ${parts.join(' and ')}
        order by ${order} limit ${params.add(most + 1)})
      select r.id, r.source, r.target, r.type, r.weight, ${this.passes(side, params)}
      from raw r${this.join(side)} order by r.${side}, r.type, r.id`;
  }

  private get asksNodes(): boolean {
    return this.passable.labels !== undefined || this.passable.nodeFilter !== undefined;
  }

  private join(side: Side): string {
    if (!this.asksNodes) return '';
    return ` left join zerodb_graph_nodes n on n.graph_id = $1 and n.id = r.${otherOf(side)}`;
  }

  private passes(side: Side, params: SqlParams): string {
    const { asOf, edgeFilter, labels, nodeFilter, exempt } = this.passable;
    const at = params.add(asOf, 'timestamptz');
    const parts = [`coalesce(r.valid_from <= ${at}, true)`, `coalesce(r.valid_to > ${at}, true)`];
    if (edgeFilter) parts.push(compileFilter(edgeFilter, params, { alias: 'r', ownColumns: edgeFields('r') }));
    if (this.asksNodes) {
      const matches = `(n.id is not null${nodeConditions({ labels, filter: nodeFilter }, 'n', params)})`;
      parts.push(`(r.${otherOf(side)} = any(${params.add(exempt, 'text[]')}) or coalesce(${matches}, false))`);
    }
    return `(${parts.join(' and ')}) as passes`;
  }
}

const otherOf = (side: Side): Side => (side === 'source' ? 'target' : 'source');

/** Read by its target, an edge is walked against its direction; who walks forwards turns it round. */
const stepOf = (row: Row, side: Side): Step => ({
  edge: row.id,
  from: row[side],
  to: row[otherOf(side)],
  type: row.type,
  weight: row.weight,
});

const positionOf = (row: Row, side: Side): Position => ({ node: row[side], type: row.type, id: row.id });
