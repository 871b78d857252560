import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { openStream, startReceiver, type Receiver } from '../support/events';
import { eventually } from '../support/eventually';
import { clientOf, type Answer, type Request } from '../support/http';
import { connectMcp, use } from '../support/mcp';
import { startServer, type TestServer } from '../support/server';
import { TraceCollector, type CollectedSpan } from '../support/trace-collector';

const SECRET = 'what-nobody-may-read-in-a-trace';
const COLLECTION = '/v1/collections/traced-collection';

let collector: TraceCollector;
let receiver: Receiver;
let server: TestServer;
let send: (target: string, request?: Request) => Promise<Answer>;

let made = 0;
/** A trace of its own for each request of a test. */
const newTrace = () => {
  const traceId = `0af7651916cd43dd8448eb21${(made += 1).toString(16).padStart(8, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } };
};

const spanOf = async (name: string, holds: (span: CollectedSpan) => boolean = () => true): Promise<CollectedSpan> => {
  const found = await eventually(
    () => collector.named(name).find(holds),
    (span) => span !== undefined,
  );
  return found as CollectedSpan;
};

const inTrace =
  (traceId: string) =>
  (span: CollectedSpan): boolean =>
    span.traceId === traceId;

const logLines = (): Record<string, unknown>[] =>
  server
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  collector = await TraceCollector.start();
  receiver = await startReceiver();
  server = await startServer({
    ZERODB_OTLP_ENDPOINT: collector.url,
    ZERODB_OTLP_HEADERS: 'x-collector-key=a%20key',
    ZERODB_WEBHOOK_PRIVATE_ADDRESSES: 'allow',
  });
  const request = clientOf(server.url);
  send = (target, options = {}) => request(target, { key: server.rootKey, ...options });
  await send(COLLECTION, { method: 'PUT', body: { dimension: 3, metric: 'cosine' } });
  await send('/v1/topics/traced', { method: 'PUT', body: { changes: ['zerodb.record.*'] } });
  const records = [{ id: SECRET, vector: [1, 0, 0], text: SECRET, metadata: { secret: SECRET } }];
  await send(`${COLLECTION}/records`, { method: 'PUT', body: { records } });
});

afterAll(async () => {
  await server.stop();
  await receiver.close();
  await collector.close();
});

describe('the collector', () => {
  it('is told who sends, with the headers of the settings', async () => {
    await spanOf('PUT /v1/topics/:topic');
    expect(collector.resource).toMatchObject({ 'service.name': 'zerodb' });
    expect(collector.resource['service.version']).toMatch(/^\d/);
    expect(collector.headers[0]).toMatchObject({ 'x-collector-key': 'a key', 'content-type': 'application/json' });
  });
});

describe('a request', () => {
  it('continues the trace of its traceparent, down to the statements', async () => {
    const { traceId, headers } = newTrace();
    const answer = await send(`${COLLECTION}/search`, { body: { query: { vector: [1, 0, 0] } }, headers });
    expect(answer.status).toBe(200);
    const root = await spanOf('POST /v1/collections/:collection/search', inTrace(traceId));
    expect(root.parentSpanId).toBe('b7ad6b7169203331');
    expect(root.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/collections/:collection/search',
      'http.response.status_code': 200,
      'zerodb.request_id': answer.headers.get('x-request-id'),
    });
    const search = collector.below(root, 'search');
    expect(search?.attributes).toMatchObject({ 'zerodb.search_mode': 'vector', 'zerodb.served_by': 'pgvector' });
    const tree = collector.tree(root).map((line) => line.trim());
    expect(tree).toEqual(expect.arrayContaining(['search embed', 'vector search']));
    const statement = collector.childrenOf(collector.below(root, 'vector search') as CollectedSpan)[0];
    expect(statement?.attributes).toMatchObject({ 'db.system.name': 'postgresql', 'zerodb.statement_kind': 'read' });
  });

  it('begins a trace without one, and is found in the log by it', async () => {
    const id = 'request-that-is-looked-for';
    await send(COLLECTION, { headers: { 'x-request-id': id } });
    const span = await spanOf(
      'GET /v1/collections/:collection',
      ({ attributes }) => attributes['zerodb.request_id'] === id,
    );
    expect(span.parentSpanId).toBeUndefined();
    const [line] = await eventually(
      () => logLines().filter((each) => each['request_id'] === id),
      (lines) => lines.length > 0,
    );
    expect(line).toMatchObject({ trace_id: span.traceId, msg: 'request' });
  });

  it('of bad input is no failure; what failed says so', async () => {
    const { traceId, headers } = newTrace();
    await send('/v1/collections/nowhere', { headers });
    const span = await spanOf('GET /v1/collections/:collection', inTrace(traceId));
    expect(span.attributes['http.response.status_code']).toBe(404);
    expect(span.isFailed).toBe(false);
  });

  it('is not traced when its caller’s trace is not', async () => {
    const { traceId, headers } = newTrace();
    await send(COLLECTION, { headers: { traceparent: headers.traceparent.replace(/01$/, '00') } });
    const later = newTrace();
    await send(COLLECTION, { headers: later.headers });
    await spanOf('GET /v1/collections/:collection', inTrace(later.traceId));
    expect(collector.spans.filter(inTrace(traceId))).toEqual([]);
  });

  it('of a probe, and statements that nobody asked for, are no traces', async () => {
    await send('/ready');
    await send('/metrics');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(collector.spans.filter(({ name }) => /ready|metrics/.test(name))).toEqual([]);
    const rootStatements = collector.spans.filter(
      ({ name, parentSpanId }) => name.endsWith('postgresql') && parentSpanId === undefined,
    );
    expect(rootStatements).toEqual([]);
  });
});

describe('other doors', () => {
  it('GraphQL: an operation is a span of its request', async () => {
    const { traceId, headers } = newTrace();
    const body = { query: '{ collections { edges { node { name } } } }' };
    const answer = await send('/graphql', { body, headers });
    expect(answer.status).toBe(200);
    const root = await spanOf('POST /graphql', inTrace(traceId));
    const operation = collector.below(root, 'listCollections');
    expect(operation).toBeDefined();
    expect(collector.childrenOf(operation as CollectedSpan).some(({ name }) => name === 'SELECT postgresql')).toBe(
      true,
    );
  });

  it('MCP: a tool is a span of its request', async () => {
    const client = await connectMcp(server.url, server.rootKey, '2025-11-25');
    await use(client, 'run', { operation: 'listCollections', arguments: {} });
    await client.close();
    const tool = await spanOf('tools/call run');
    expect(collector.below(tool, 'listCollections')).toBeDefined();
    expect(collector.spans.find(({ spanId }) => spanId === tool.parentSpanId)?.name).toBe('POST /mcp');
  });

  it('WebSocket: a message is a trace, and ends with its work', async () => {
    const authorization = `Bearer ${server.rootKey}`;
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, { headers: { authorization } });
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
    socket.send(JSON.stringify({ type: 'subscribe', id: 's', topic: 'traced', after: 0 }));
    const span = await spanOf('realtime subscribe');
    expect(span).toMatchObject({ parentSpanId: undefined, isFailed: false });
    socket.close();
  });
});

describe('an event', () => {
  it('leads from its webhook, its stream and its own traceparent back to who published it', async () => {
    await send('/v1/webhooks/traced', { method: 'PUT', body: { url: receiver.url, topics: ['traced'] } });
    const stream = await openStream(`${server.url}/v1/topics/traced/stream`, {
      authorization: `Bearer ${server.rootKey}`,
    });
    const { traceId, headers } = newTrace();
    await send('/v1/topics/traced/events', { body: { events: [{ type: 'a', data: { secret: SECRET } }] }, headers });
    const publish = await spanOf('publish events', inTrace(traceId));
    const origin = `${publish.traceId}/${publish.spanId}`;

    const [call] = await eventually(
      () => receiver.calls.filter(({ body }) => body.includes(traceId)),
      (calls) => calls.length > 0,
    );
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ traceparent: `00-${publish.traceId}-${publish.spanId}-01` });
    const post = await spanOf('POST', ({ links }) => links.includes(origin));
    expect(call?.headers['traceparent']).toBe(`00-${post.traceId}-${post.spanId}-01`);
    expect(post.traceId).not.toBe(traceId);
    expect(post.attributes).toMatchObject({ 'http.response.status_code': 204, 'server.address': '127.0.0.1' });
    const delivery = await spanOf('deliver webhook', ({ spanId }) => spanId === post.parentSpanId);
    expect(delivery.parentSpanId).toBeUndefined();
    expect(delivery.attributes).toMatchObject({ 'zerodb.consumer_kind': 'webhook', 'zerodb.delivered': 1 });

    const streamed = await spanOf('stream events', ({ links }) => links.includes(origin));
    expect(streamed.parentSpanId).toBeUndefined();
    await eventually(
      () => stream.events.filter(({ data }) => String(data['traceparent']).includes(publish.spanId)),
      (found) => found.length === 1,
    );
    stream.close();
    await send('/v1/webhooks/traced', { method: 'DELETE' });
  });

  it('that a change became leads back to the change', async () => {
    const { traceId, headers } = newTrace();
    const records = [{ id: 'changed', vector: [0, 1, 0] }];
    await send(`${COLLECTION}/records`, { method: 'PUT', body: { records }, headers });
    const page = await send('/v1/topics/traced/events?limit=1000');
    const events = page.json['data'] as Record<string, unknown>[];
    expect(String(events.at(-1)?.['traceparent']).slice(3, 35)).toBe(traceId);
  });
});

describe('what traces hold', () => {
  it('is nothing that users sent, and no key', async () => {
    await send(`${COLLECTION}/records/${SECRET}`);
    await send(`${COLLECTION}/search`, { body: { query: { vector: [1, 0, 0] }, filter: { secret: SECRET } } });
    const { traceId, headers } = newTrace();
    await send(COLLECTION, { headers });
    await spanOf('GET /v1/collections/:collection', inTrace(traceId));
    const all = JSON.stringify(collector.spans, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const text of [SECRET, 'traced-collection', server.rootKey, 'a key', 'select '])
      expect(all).not.toContain(text);
  });
});

describe('a collector that is gone', () => {
  const traced = (url: string) => startServer({ ZERODB_OTLP_ENDPOINT: url });
  const figure = async (url: string, key: string, outcome: string): Promise<number> => {
    const { text } = await clientOf(url)('/metrics', { key });
    return Number(new RegExp(`zerodb_trace_spans_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1]);
  };

  it.each([
    ['refuses', 503],
    ['takes the connection and says nothing', 0],
  ])('delays nobody when it %s, is reported once, and is taken back', async (_how, status) => {
    const other = await TraceCollector.start();
    other.status = status;
    const victim = await traced(other.url);
    const request = clientOf(victim.url);
    try {
      for (let round = 0; round < 3; round += 1) {
        for (let call = 0; call < 20; call += 1) await request('/v1/collections', { key: victim.rootKey });
        await new Promise((resolve) => setTimeout(resolve, 1_200));
      }
      await eventually(
        () => figure(victim.url, victim.rootKey, 'failed'),
        (failed) => failed > 0,
        40_000,
      );
      const reports = (text: string) =>
        victim
          .logs()
          .split('\n')
          .filter((line) => line.includes(text)).length;
      expect(reports('the collector takes no traces')).toBe(1);
      other.status = 200;
      await request('/v1/collections', { key: victim.rootKey });
      await eventually(
        () => figure(victim.url, victim.rootKey, 'exported'),
        (exported) => exported > 0,
        40_000,
      );
      expect(reports('the collector takes traces')).toBe(1);
      other.status = status;
      await request('/v1/collections', { key: victim.rootKey });
      const startedAt = performance.now();
      expect(await victim.stop()).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(15_000);
    } finally {
      await victim.kill();
      await other.close();
    }
  });

  it('gets what is left when the process stops', async () => {
    const other = await TraceCollector.start();
    const last = await traced(other.url);
    await clientOf(last.url)('/v1/collections', { key: last.rootKey });
    await last.stop();
    expect(other.named('GET /v1/collections')).toHaveLength(1);
    await other.close();
  });
});

describe('a share of the traces', () => {
  it('is kept: none of those that begin here with 0, all that are continued', async () => {
    const other = await TraceCollector.start();
    const quiet = await startServer({ ZERODB_OTLP_ENDPOINT: other.url, ZERODB_TRACE_RATIO: '0' });
    const request = clientOf(quiet.url);
    const { traceId, headers } = newTrace();
    for (let call = 0; call < 5; call += 1) await request('/v1/collections', { key: quiet.rootKey });
    await request('/v1/collections', { key: quiet.rootKey, headers });
    await quiet.stop();
    expect(new Set(other.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    await other.close();
  });

  it.each([
    [{ ZERODB_OTLP_ENDPOINT: 'grpc://collector:4317' }, 'ZERODB_OTLP_ENDPOINT'],
    [{ ZERODB_OTLP_ENDPOINT: 'http://user:password@collector:4318' }, 'ZERODB_OTLP_ENDPOINT'],
    [{ ZERODB_TRACE_RATIO: '1.5' }, 'ZERODB_TRACE_RATIO'],
    [{ ZERODB_TRACE_RATIO: 'some' }, 'ZERODB_TRACE_RATIO'],
    [{ ZERODB_OTLP_HEADERS: 'no-value' }, 'ZERODB_OTLP_HEADERS'],
  ])('is refused at start when it makes no sense: %j', async (settings, name) => {
    await expect(startServer(settings)).rejects.toThrow(name);
  });
});

describe('without a collector', () => {
  it('loads nothing of OpenTelemetry’s SDK', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-untraced-'));
    const program = path.join(__dirname, '..', 'support', 'loaded-modules.js');
    const env = { PATH: process.env['PATH'], ZERODB_DATA_DIR: folder, ZERODB_PORT: '0', ZERODB_LOG_LEVEL: 'error' };
    const loaded = async (settings: Record<string, string>): Promise<string[]> => {
      const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { ...env, ...settings } });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
    };
    // The bare API comes with the library of the metrics, which counts with it where there is one.
    const ofSdk = (files: string[]) => files.filter((file) => /@opentelemetry\/(?!api\/)|telemetry\/otlp\//.test(file));
    expect(ofSdk(await loaded({}))).toEqual([]);
    expect(ofSdk(await loaded({ ZERODB_OTLP_ENDPOINT: collector.url })).length).toBeGreaterThan(10);
    rmSync(folder, { recursive: true, force: true });
  });
});
