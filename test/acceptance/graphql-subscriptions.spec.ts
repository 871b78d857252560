import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FormattedExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

type Data = Record<string, Record<string, unknown>>;
type Taken = FormattedExecutionResult<Data, unknown>;

const clients: Client[] = [];

const clientFor = (server: TestServer, key: string): Client => {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
};

/** The first `count` results of a subscription. */
const take = async (
  client: Client,
  count: number,
  query: string,
  variables: Record<string, unknown> = {},
  begun: () => void = () => undefined,
): Promise<Taken[]> => {
  const results: Taken[] = [];
  const stream = client.iterate<Data>({ query, variables });
  begun();
  for await (const result of stream) {
    results.push(result);
    if (results.length >= count) break;
  }
  return results;
};

const codeOf = (result: Taken | undefined): unknown => result?.errors?.[0]?.extensions?.code;

describe('subscriptions', () => {
  let server: TestServer;
  let client: Client;
  let run: (query: string, variables?: Record<string, unknown>) => Promise<Data>;

  beforeAll(async () => {
    server = await startServer();
    const call = clientOf(server.url);
    client = clientFor(server, server.rootKey);
    run = async (query, variables = {}) =>
      (await call('/graphql', { key: server.rootKey, body: { query, variables } })).json.data as Data;
    await run(`mutation { putTopic(topic: "orders") { name } }`);
  });
  afterAll(async () => {
    for (const each of clients) await each.dispose();
    await server.stop();
  });

  const publish = (count: number, type = 'order.placed'): Promise<Data> =>
    run(
      `mutation ($events: [PublishEventsEventInput!]!) { publishEvents(topic: "orders", events: $events) { offset } }`,
      {
        events: Array.from({ length: count }, (_, index) => ({ type, data: { index } })),
      },
    );

  it('gives events in order, from an offset on and as they come', async () => {
    await publish(3);
    const query = `subscription { events(topic: "orders", after: 0) { offset type data } }`;
    const results = take(client, 603, query);
    await publish(600);
    const offsets = (await results).map(({ data }) => Number(data?.events?.offset));
    expect(offsets).toEqual(Array.from({ length: 603 }, (_, index) => (offsets[0] ?? 0) + index));
  });

  it('gives those that are asked for', async () => {
    const query = `subscription ($filter: JSON) {
      events(topic: "orders", after: 0, types: ["order.paid"], filter: $filter) { type data } }`;
    const results = take(client, 1, query, { filter: { 'data.index': 1 } });
    await publish(3, 'order.paid');
    expect((await results)[0]?.data?.events).toEqual({ type: 'order.paid', data: { index: 1 } });
  });

  it('gives the states of the services, then their changes', async () => {
    const results = take(client, 6, 'subscription { serviceStates }');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await run(`mutation { drainService(service: "embeddings", reason: "a test") { state } }`);
    const states = (await results).map(({ data }) => data?.serviceStates);
    expect(states.slice(0, 5).map((state) => state?.from)).toEqual([null, null, null, null, null]);
    expect(states[5]).toMatchObject({ service: 'embeddings', from: 'up', to: 'drained' });
    await run(`mutation { restoreService(service: "embeddings") { state } }`);
  });

  it('says what it does not find, and what is wrong with a query', async () => {
    const [missing] = await take(client, 1, `subscription { events(topic: "nothing") { id } }`);
    expect(codeOf(missing)).toBe('not_found');
    await expect(take(client, 1, `subscription { operation(id: "nothing") { state } }`)).rejects.toMatchObject([
      { extensions: { code: 'not_found', status: 404 } },
    ]);
    await expect(take(client, 1, `subscription { nothing }`)).rejects.toMatchObject([
      { extensions: { code: 'malformed', status: 400 } },
    ]);
    await expect(take(client, 1, `subscription ${'{ a '.repeat(50)}${'}'.repeat(50)}`)).rejects.toBeDefined();
  });

  it('serves queries too, with the same limits', async () => {
    const [result] = await take(client, 1, `{ status { project } }`);
    expect(result?.data).toEqual({ status: { project: 'default' } });
  });

  it('asks for the role of each field', async () => {
    const made = await run(`mutation { createKey(name: "reader", role: read) { key } }`);
    const reader = clientFor(server, String(made.createKey?.key));
    const [refused] = await take(reader, 1, 'subscription { serviceStates }');
    expect(codeOf(refused)).toBe('forbidden');
    const [event] = await take(reader, 1, `subscription { events(topic: "orders", after: 0) { type } }`);
    expect(event?.data?.events).toEqual({ type: 'order.placed' });
  });

  it('closes for a wrong key, for none, and for other protocols', async () => {
    await expect(take(clientFor(server, 'zdb_nobody'), 1, '{ __typename }')).rejects.toMatchObject({ code: 4401 });
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const opened = new Promise((resolve) => socket.once('open', resolve));
    await opened;
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send(JSON.stringify({ type: 'connection_init' }));
    expect(await closed).toBe(4401);
    const foreign = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      origin: 'https://evil.example',
    });
    await expect(new Promise((_, reject) => foreign.once('error', reject))).rejects.toThrow('403');
    const nowhere = new WebSocket(`${server.url.replace('http', 'ws')}/nowhere`);
    await expect(new Promise((_, reject) => nowhere.once('error', reject))).rejects.toThrow('404');
  });
});

describe('in production', () => {
  const allowed = '{ status { project } }';
  let server: TestServer;

  beforeAll(async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'zerodb-graphql-')), 'queries.json');
    writeFileSync(file, JSON.stringify([allowed]));
    server = await startServer({ NODE_ENV: 'production', ZERODB_GRAPHQL_ALLOW_LIST: file, ZERODB_RATE_LIMIT: '5' });
  });
  afterAll(() => server.stop());

  const status = async (query: string, key?: string): Promise<[number, unknown]> => {
    const answer = await clientOf(server.url)('/graphql', { body: { query }, ...(key ? { key } : {}) });
    const [first] = (answer.json.errors as unknown as { extensions: { code: string } }[] | undefined) ?? [];
    return [answer.status, first?.extensions.code];
  };

  it('shows nobody the schema', async () => {
    expect(await status('{ __schema { queryType { name } } }')).toEqual([401, 'unauthenticated']);
    const page = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(405);
  });

  it('runs what the list allows, and limits the rate', async () => {
    expect(await status(allowed, server.rootKey)).toEqual([200, undefined]);
    expect(await status('{ status { version } }', server.rootKey)).toEqual([403, 'forbidden']);
    const answers = await Promise.all(Array.from({ length: 20 }, () => status(allowed, server.rootKey)));
    expect(answers.filter(([code]) => code === 429).length).toBeGreaterThan(5);
    expect(answers.find(([code]) => code === 429)).toEqual([429, 'rate_limited']);
  });
});
