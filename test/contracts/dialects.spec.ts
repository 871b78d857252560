import { chromaWalk } from '../support/chroma-walk';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { clientOf } from '../support/http';
import { mem0Walk } from '../support/mem0-walk';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

/** What clients of other products do in their lives, on a Postgres server; the acceptance tests have the embedded engine. */
describeWith(services.postgresUrl)('dialects on a Postgres server', () => {
  let database: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    database = await openTestDatabase('server');
    if (database.options.engine !== 'server') throw new Error('A server was asked for.');
    server = await startServer({ ZERODB_POSTGRES_URL: database.options.url });
  });
  afterAll(async () => {
    await server.stop();
    await database.drop();
  });

  it("serves mem0's", async () => {
    const own = clientOf(server.url);
    const headers = { authorization: `Token ${server.rootKey}` };
    await mem0Walk((method, path, body) => own(`/mem0${path}`, { method, body, headers }));
  });

  it("serves Chroma's", async () => {
    const own = clientOf(server.url);
    const headers = { 'x-chroma-token': server.rootKey };
    await chromaWalk((method, path, body) => own(`/chroma/api/v2${path}`, { method, body, headers }));
  });
});
