import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { Database, type Executor } from '../database/database.port';
import type { Graph } from './graph';

const COLUMNS = 'id, name, description, version, created_at, updated_at';
/** As long as the request: one statement alone has less time than some millions of rows take. */
const REMOVAL = { timeoutMs: 60_000 };

export interface GraphCounts {
  readonly nodes: number;
  readonly edges: number;
}

/** The names of graphs. */
@Injectable()
export class GraphsRepository {
  constructor(private readonly database: Database) {}

  async find(scope: Scope, name: string): Promise<Graph | undefined> {
    const sql = `select ${COLUMNS} from zerodb_graphs where project_id = $1 and name = $2`;
    return (await this.database.queryByPlan<Graph>(scope, sql, [scope.projectId, name])).rows[0];
  }

  /** Exactly. */
  async counts(scope: Scope, id: number): Promise<GraphCounts> {
    const { rows } = await this.database.query<GraphCounts>(
      scope,
      `select (select count(*) from zerodb_graph_nodes where graph_id = $1)::int as nodes,
         (select count(*) from zerodb_graph_edges where graph_id = $1)::int as edges`,
      [id],
    );
    return rows[0] ?? { nodes: 0, edges: 0 };
  }

  /** By name; one more than `limit`, so that the caller sees whether there are more. */
  async page(scope: Scope, after: string, limit: number): Promise<Graph[]> {
    const sql = `select ${COLUMNS} from zerodb_graphs where project_id = $1 and name > $2 order by name limit $3`;
    return (await this.database.query<Graph>(scope, sql, [scope.projectId, after, limit + 1])).rows;
  }

  /** `undefined` when the name is taken. */
  async create(scope: Scope, name: string, description: string | null): Promise<Graph | undefined> {
    const sql = `insert into zerodb_graphs (project_id, name, description) values ($1, $2, $3)
      on conflict do nothing returning ${COLUMNS}`;
    return (await this.database.query<Graph>(scope, sql, [scope.projectId, name, description])).rows[0];
  }

  /** `undefined` when it is gone, or has another version. A description that stays keeps the version. */
  async describe(
    scope: Scope,
    id: number,
    description: string | null,
    version: number | undefined,
  ): Promise<Graph | undefined> {
    const sql = `update zerodb_graphs set description = $3,
        version = case when description is not distinct from $3 then version else nextval('zerodb_version') end,
        updated_at = case when description is not distinct from $3 then updated_at else now() end
      where project_id = $1 and id = $2 and ($4::bigint is null or version = $4) returning ${COLUMNS}`;
    return (await this.database.query<Graph>(scope, sql, [scope.projectId, id, description, version ?? null])).rows[0];
  }

  /** With everything in it. Whether it was there, in that version. */
  async delete(scope: Scope, id: number, version: number | undefined): Promise<boolean> {
    const sql = `delete from zerodb_graphs where project_id = $1 and id = $2 and ($3::bigint is null or version = $3)`;
    const params = [scope.projectId, id, version ?? null];
    const { rowCount } = await this.database.transaction(scope, (tx) => tx.query(sql, params), REMOVAL);
    return rowCount === 1;
  }
}

/** Keeps a graph from being deleted until the transaction ends. Whether it exists. */
export async function lockGraph(tx: Executor, id: number): Promise<boolean> {
  const { rows } = await tx.query('select 1 from zerodb_graphs where id = $1 for key share', [id]);
  return rows.length === 1;
}
