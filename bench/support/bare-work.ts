import { PgVectorStore } from '../../src/collections/adapters/pgvector/pgvector.store';
import type { Collection } from '../../src/collections/collection';
import { CollectionsRepository } from '../../src/collections/collections.repository';
import { RecordsRepository } from '../../src/collections/records/records.repository';
import { Hydration } from '../../src/collections/search/hydration';
import { vectorValue } from '../../src/common/binary-values';
import type { Executor, QueryResult } from '../../src/database/database.port';
import { FollowerWakeup } from '../../src/followers/follower-wakeup';
import { QuietChanges } from '../../test/support/quiet-changes';
import type { BareWork, Template } from './bare-fastify';
import { plainClient, RecordingDatabase, type Statement } from './same-sql';

const ID = 'an id that stands for that of a request';
const INCLUDE = { metadata: true, text: false, vector: false };

/** The statements that the product sends for each kind of request, from the product's own classes. */
export async function bareWork(
  postgresUrl: string,
  { copy, epoch, vector, limit }: { copy: string; epoch: string; vector: Float32Array; limit: number },
): Promise<Omit<BareWork, 'qdrantUrl'>> {
  const database = new RecordingDatabase(await plainClient(postgresUrl));
  try {
    const [collection] = await new CollectionsRepository(database, new QuietChanges()).all();
    if (!collection) throw new Error('the benchmark has no collection');
    const scope = { projectId: collection.projectId, projectName: 'default' };
    const template = (statement: Statement | undefined): Template => templateOf(statement, vector);
    const ask = async (work: () => Promise<unknown>): Promise<Template> => {
      database.statements.length = 0;
      await work();
      return template(database.statements[0]);
    };
    const records = new RecordsRepository(database, new QuietChanges(), new FollowerWakeup());
    const query = { vector, limit, exact: false, include: INCLUDE };
    const claims = [{ id: ID, version: 0, score: 0 }];
    const circumstances = { epoch, askedAt: performance.now(), scoreTail: false };
    const everything = { metadata: true, text: true, vector: false };
    return {
      postgresUrl,
      copy,
      projectId: collection.projectId,
      get: await ask(() => records.find(scope, collection, ID, everything)),
      search: await ask(() => new PgVectorStore(database).search(scope, collection, query)),
      // The product has its plan kept, and so has the bare process.
      lookUp: {
        ...(await ask(() => new Hydration(database).lookUp(scope, collection, query, claims, circumstances))),
        name: 'look_up',
      },
      upsert: (await upsertStatements(records, collection, vector)).map(template),
    };
  } finally {
    await database.close();
  }
}

/** Of one record without a text, which was there before. */
async function upsertStatements(
  records: RecordsRepository,
  collection: Collection,
  vector: Float32Array,
): Promise<Statement[]> {
  const statements: Statement[] = [];
  const tx: Executor = {
    query: <Row>(sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> => {
      statements.push({ sql, params: [...params] });
      return Promise.resolve({ rows: [{ id: ID, version: 1, inserted: false }] as Row[], rowCount: 1 });
    },
  };
  await records.upsertIn(tx, collection, [
    { id: ID, vector, vectors: [], embeddedFrom: 'vector', text: null, metadata: { row: 1 } },
  ]);
  return statements;
}

function templateOf(statement: Statement | undefined, vector: Float32Array): Template {
  if (!statement) throw new Error('the product sent no statement');
  const { sql, params } = statement;
  const bytes = vectorValue(vector);
  return {
    sql,
    // Millisecond values of a look-up would be numbers of this one call.
    params: params.map((param) => (param instanceof Object && !Buffer.isBuffer(param) ? plain(param) : param)),
    ids: params.findIndex((param) => Array.isArray(param) && param[0] === ID),
    vector: params.findIndex((param) => Buffer.isBuffer(param) && param.equals(bytes)),
  };
}

/** As `pg` would send it. */
const plain = (value: object): unknown =>
  'toPostgres' in value ? (value as { toPostgres(): unknown }).toPostgres() : value;
