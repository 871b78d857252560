import type { Client } from '@modelcontextprotocol/client';
import { clientOf } from '../support/http';
import { connectMcp, textOf, use } from '../support/mcp';
import { startServer, type TestServer } from '../support/server';

/** A real server whose embedding provider is not there, and whose keys may ask only so often. */
let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await startServer({
    ZERODB_EMBEDDINGS_PROVIDER: 'openai',
    ZERODB_EMBEDDINGS_URL: 'http://127.0.0.1:9/v1',
    ZERODB_EMBEDDINGS_MODEL: 'absent',
    ZERODB_EMBEDDINGS_DIMENSION: '3',
    ZERODB_RATE_LIMIT: '50',
  });
  client = await connectMcp(server.url, server.rootKey, '2026-07-28');
});
afterAll(async () => {
  await client.close();
  await server.stop();
});

it('says in words and in data that a search was degraded', async () => {
  await use(client, 'run', { operation: 'putCollection', arguments: { params: { collection: 'notes' }, body: {} } });
  const records = [{ id: 'a', text: 'Backups run at night.', vector: [1, 0, 0] }];
  await use(client, 'write', { collection: 'notes', records });
  const result = await client.callTool({ name: 'search', arguments: { collection: 'notes', query: 'backups' } });
  expect(result.structuredContent).toMatchObject({
    results: [{ id: 'a' }],
    degraded: true,
    degraded_reasons: ['embeddings_unavailable'],
  });
  expect(textOf(result)).toMatch(/^Degraded: .*embedding provider/);
});

it('remembers and recalls by words', async () => {
  await use(client, 'remember', { content: 'Ada lives in Lisbon.', user_id: 'ada' });
  const result = await client.callTool({ name: 'recall', arguments: { query: 'Lisbon', user_id: 'ada' } });
  expect(result.structuredContent).toMatchObject({ results: [{ content: 'Ada lives in Lisbon.' }], degraded: true });
  expect(textOf(result)).toMatch(/^Degraded: /);
});

it('says of what cannot be done now that it may be done later', async () => {
  const records = [{ id: 'b', text: 'No vector, no model.' }];
  const result = await client.callTool({ name: 'write', arguments: { collection: 'notes', records } });
  expect(JSON.parse(textOf(result))).toMatchObject({ code: 'unavailable', retryable: true });
});

it('limits how often a key may ask', async () => {
  const raw = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const headers = { accept: 'application/json, text/event-stream' };
  const ask = async (): Promise<number> =>
    (await clientOf(server.url)('/mcp', { key: server.rootKey, raw, headers })).status;
  const statuses = await Promise.all(Array.from({ length: 200 }, ask));
  expect(statuses).toContain(429);
});
