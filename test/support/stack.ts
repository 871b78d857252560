import { randomBytes } from 'node:crypto';
import { openTestDatabase, type TestDatabase } from './database';
import { clientOf, type Answer } from './http';
import { services } from './services';
import { startServer, type TestServer } from './server';
import { ToxicProxy } from './toxiproxy';

/** The product on a real Postgres and a real Qdrant, each behind a proxy that a test breaks. */
export interface Stack {
  readonly server: TestServer;
  readonly database: TestDatabase;
  readonly postgres: ToxicProxy;
  readonly qdrant: ToxicProxy;
  /** Names what this stack makes in Qdrant. */
  readonly prefix: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  drop(): Promise<void>;
}

export async function startStack(settings: Record<string, string> = {}): Promise<Stack> {
  const { toxiproxyUrl = '', qdrantUrl = '' } = services;
  const prefix = `t${randomBytes(5).toString('hex')}`;
  const database = await openTestDatabase('server');
  if (database.options.engine !== 'server') throw new Error('A server was asked for.');
  const postgresUrl = new URL(database.options.url);
  const postgres = await ToxicProxy.create(toxiproxyUrl, postgresUrl.host);
  const qdrant = await ToxicProxy.create(toxiproxyUrl, new URL(qdrantUrl).host);
  postgresUrl.host = postgres.address;
  const server = await startServer({
    ZERODB_POSTGRES_URL: postgresUrl.href,
    ZERODB_QDRANT_URL: `http://${qdrant.address}`,
    ZERODB_QDRANT_PREFIX: prefix,
    ...settings,
  });
  const request = clientOf(server.url);
  return {
    server,
    database,
    postgres,
    qdrant,
    prefix,
    call: async (method, path, body, headers = {}) =>
      await request(path, { method, key: server.rootKey, headers, ...(body === undefined ? {} : { body }) }),
    drop: async () => {
      await server.stop();
      await Promise.all([postgres.remove(), qdrant.remove(), database.drop()]);
      await removeFromQdrant(qdrantUrl, prefix);
    },
  };
}

/** Removes the collections that an installation with this prefix made. */
export async function removeFromQdrant(url: string, prefix: string): Promise<void> {
  const answer = (await (await fetch(`${url}/collections`)).json()) as { result: { collections: { name: string }[] } };
  for (const { name } of answer.result.collections) {
    if (name.startsWith(`${prefix}_`)) await fetch(`${url}/collections/${name}`, { method: 'DELETE' });
  }
}
