import { Client } from 'pg';
import { PgVectorStore } from '../../src/collections/adapters/pgvector/pgvector.store';
import { CollectionsRepository } from '../../src/collections/collections.repository';
import type { Scope } from '../../src/common/scope';
import { Database, type Executor, type QueryResult, type SystemDatabase } from '../../src/database/database.port';
import { valueTypes } from '../../src/database/sessions/value-types';
import { VECTOR_SETTINGS } from '../../src/database/vector-settings';
import { timeEach } from './statistics';
import { QuietChanges } from '../../test/support/quiet-changes';

export interface Statement {
  readonly sql: string;
  readonly params: unknown[];
}

/** Sends statements over one plain `pg` connection and keeps them, so that they can be sent again by themselves. */
export class RecordingDatabase extends Database {
  readonly engine = 'server';
  readonly heardAt = 0;
  readonly silentMs = 0;
  readonly statements: Statement[] = [];
  readonly system: SystemDatabase;

  constructor(readonly client: Client) {
    super();
    this.system = { query: (sql, params) => this.send(sql, params), transaction: refuse };
  }

  query<Row>(_scope: Scope, sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    this.statements.push({ sql, params: [...params] });
    return this.send(sql, params);
  }

  queryByPlan<Row>(scope: Scope, sql: string, params: readonly unknown[]): Promise<QueryResult<Row>> {
    return this.query(scope, sql, params);
  }

  transaction<T>(_scope: Scope, _work: (tx: Executor) => Promise<T>): Promise<T> {
    return refuse();
  }

  async ping(): Promise<void> {
    await this.client.query('select 1');
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async send<Row>(sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    const { rows, rowCount } = await this.client.query(sql, [...params]);
    return { rows: rows as Row[], rowCount: rowCount ?? 0 };
  }
}

const refuse = (): Promise<never> => Promise.reject(new Error('a benchmark reads only'));

/** Set as the product's own connections are. */
export async function plainClient(url: string): Promise<Client> {
  const options = VECTOR_SETTINGS.map((setting) => `-c ${setting}`).join(' ');
  const client = new Client({ connectionString: url, options, types: valueTypes });
  await client.connect();
  return client;
}

/** How long the product's own search statements take on a plain client, in milliseconds each. */
export async function timeSameSql(
  url: string,
  queries: readonly Float32Array[],
  limit: number,
  warmUp: number,
): Promise<number[]> {
  const database = new RecordingDatabase(await plainClient(url));
  const { client } = database;
  try {
    const [collection] = await new CollectionsRepository(database, new QuietChanges()).all();
    if (!collection) throw new Error('the benchmark has no collection');
    await client.query(`select set_config('role', 'zerodb_app', false), set_config('zerodb.project_id', $1, false)`, [
      String(collection.projectId),
    ]);
    const scope = { projectId: collection.projectId, projectName: 'default' };
    const store = new PgVectorStore(database);
    const include = { metadata: true, text: true, vector: false };
    for (const vector of queries) await store.search(scope, collection, { vector, limit, exact: false, include });
    const send = ({ sql, params }: Statement): Promise<unknown> => client.query(sql, params);
    await timeEach(database.statements.slice(0, warmUp), send);
    return (await timeEach(database.statements, send)).durations;
  } finally {
    await database.close();
  }
}
