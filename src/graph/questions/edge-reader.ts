import { compareCodePoints } from '../../common/code-points';
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

  /**
   * The edges of `nodes` on this side, in the order of node, type and id. At most `most` are looked at. With `after` those
   * of its node alone that come after it.
   */
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
    const ranges = after ? this.rangesAfter(side, after, params) : [this.range(side, nodes, params)];
    const order = `order by e.${side}, e.type, e.id limit ${params.add(most + 1)}`;
    const selects = ranges.map(
      (range) => `(select e.* from zerodb_graph_edges e where e.graph_id = $1 and ${range} ${order})`,
    );
    // Looked at before they are filtered: otherwise a filter that nothing matches would read every edge of a node.
    return `with raw as materialized (select e.* from (${selects.join(' union all ')}) e ${order})
      select r.id, r.source, r.target, r.type, r.weight, ${this.passes(side, params)}
      from raw r${this.join(side)} order by r.${side}, r.type, r.id`;
  }

  private range(side: Side, nodes: readonly string[], params: SqlParams): string {
    const { types } = this.passable;
    const ofType = types ? ` and e.type = any(${params.add(types, 'text[]')})` : '';
    return `e.${side} = any(${params.add(nodes, 'text[]')})${ofType}`;
  }

  /**
   * Postgres begins in the middle of an index only where equality leads to the place: after a list it would begin with the
   * list's first member, and read again what was read.
   */
  private rangesAfter(side: Side, { node, type, id }: Position, params: SqlParams): string[] {
    const [at, last] = [`e.${side} = ${params.add(node, 'text')}`, params.add(type, 'text')];
    const { types } = this.passable;
    if (!types) return [`${at} and (e.type, e.id) > (${last}, ${params.add(id, 'text')})`];
    const ofType = `${at} and e.type = ${last} and e.id > ${params.add(id, 'text')}`;
    const later = types.filter((each) => compareCodePoints(each, type) > 0);
    return later.length === 0 ? [ofType] : [ofType, `${at} and e.type = any(${params.add(later, 'text[]')})`];
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
