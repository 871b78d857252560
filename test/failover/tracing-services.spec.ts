import { Kafka, logLevel, type Admin } from 'kafkajs';
import { answerVectors, EmbeddingsServer } from '../support/embeddings-server';
import { startReceiver, type Receiver } from '../support/events';
import { eventually } from '../support/eventually';
import { FaultyS3 } from '../support/faulty-s3';
import { clientOf, type Answer, type Request } from '../support/http';
import { emptyBucket, firstS3 } from '../support/s3';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { TraceCollector, type CollectedSpan } from '../support/trace-collector';

const CLIENT = 3;

let collector: TraceCollector;
let server: TestServer;
let send: (target: string, request?: Request) => Promise<Answer>;

let made = 0;
const newTrace = () => {
  const traceId = `1af7651916cd43dd8448eb21${(made += 1).toString(16).padStart(8, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } };
};

const spanOf = async (name: string, holds: (span: CollectedSpan) => boolean = () => true): Promise<CollectedSpan> =>
  (await eventually(
    () => collector.named(name).find(holds),
    (span) => span !== undefined,
    30_000,
  )) as CollectedSpan;

const traceparentOf = ({ traceId, spanId }: CollectedSpan): string => `00-${traceId}-${spanId}-01`;

const start = async (settings: Record<string, string>): Promise<void> => {
  collector = await TraceCollector.start();
  server = await startServer({ ZERODB_OTLP_ENDPOINT: collector.url, ...settings });
  const request = clientOf(server.url);
  send = (target, options = {}) => request(target, { key: server.rootKey, ...options });
};

const stop = async (): Promise<void> => {
  await server.stop();
  await collector.close();
};

describe('traces of calls to an embedding provider', () => {
  const provider = new EmbeddingsServer((request, response) =>
    answerVectors(
      request,
      response,
      request.body.input.map(() => [1, 0]),
    ),
  );

  beforeAll(async () => {
    await start({
      ZERODB_EMBEDDINGS_PROVIDER: 'openai',
      ZERODB_EMBEDDINGS_URL: await provider.listen(),
      ZERODB_EMBEDDINGS_DIMENSION: '2',
      ZERODB_EMBEDDINGS_MODEL: 'test-model',
    });
    const body = { embedding_model: 'test-model' };
    const made = await send('/v1/collections/embedded', { method: 'PUT', body });
    if (made.status !== 201) throw new Error(made.text);
  });
  afterAll(async () => {
    await stop();
    await provider.close();
  });

  it('go on there by the traceparent that is sent along', async () => {
    const { traceId, headers } = newTrace();
    const records = [{ id: 'a', text: 'something secret' }];
    const put = await send('/v1/collections/embedded/records', { method: 'PUT', body: { records }, headers });
    expect(put.status).toBe(200);
    const call = await spanOf('embeddings', (span) => span.traceId === traceId);
    expect(call).toMatchObject({ kind: CLIENT, isFailed: false });
    expect(call.attributes).toMatchObject({ 'gen_ai.request.model': 'test-model', 'server.address': '127.0.0.1' });
    expect(provider.requests.map((request) => request.headers['traceparent'])).toContain(traceparentOf(call));
  });
});

describeWith(firstS3)('traces of calls to an object store', () => {
  const bucket = `zerodb-traces-${Date.now()}`;
  let s3: FaultyS3;

  beforeAll(async () => {
    if (!firstS3) throw new Error('There is no S3 server.');
    s3 = await FaultyS3.before(firstS3);
    await start({
      ZERODB_S3_ENDPOINT: s3.endpoint,
      ZERODB_S3_ACCESS_KEY: firstS3.accessKey,
      ZERODB_S3_SECRET_KEY: firstS3.secretKey,
      ZERODB_S3_BUCKET: bucket,
      ZERODB_FILES_SWEEP_SECONDS: '1',
    });
    await send('/v1/buckets/b', { method: 'PUT', body: {} });
    await eventually(
      async () => (await send('/v1/services')).text,
      (text) => /"object_store"[^}]*"up"/.test(text),
      30_000,
    );
  });
  afterAll(async () => {
    await stop();
    await s3.close();
    if (firstS3) await emptyBucket(firstS3, bucket);
  });

  it('go on there, and name the operation, never the object', async () => {
    const { traceId, headers } = newTrace();
    const raw = JSON.stringify('x'.repeat(200_000));
    const put = await send('/v1/files/b/what-nobody-may-read', { method: 'PUT', raw, headers });
    expect(put.status).toBe(201);
    await spanOf('PUT /v1/files/:bucket/*', (span) => span.traceId === traceId);
    const calls = collector.spans.filter((span) => span.traceId === traceId && span.name.endsWith(' s3'));
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) expect(call).toMatchObject({ kind: CLIENT, isFailed: false });
    const sent = s3.headers.map((each) => each['traceparent']);
    for (const call of calls) expect(sent).toContain(traceparentOf(call));
    expect(JSON.stringify(calls.map(({ attributes }) => attributes))).not.toContain('what-nobody-may-read');
    expect((await send('/v1/files/b/what-nobody-may-read')).text).toBe(raw);
  });

  it('show a content going home from the spool', async () => {
    s3.set('refuse');
    const put = await send('/v1/files/b/spooled', { method: 'PUT', raw: JSON.stringify('y'.repeat(200_000)) });
    expect(put.json).toMatchObject({ location: 'spool' });
    s3.set('none');
    const move = await spanOf('move file', ({ isFailed }) => !isFailed);
    expect(move.parentSpanId).toBeUndefined();
    expect(collector.childrenOf(move).map(({ name }) => name)).toContain('PutObject s3');
  });
});

describeWith(services.kafkaBrokers)('traces of an event that goes through a broker', () => {
  const brokers = services.kafkaBrokers ?? '';
  const topic = `zerodb-test-traces-${Date.now()}`;
  let admin: Admin;
  let receiver: Receiver;

  beforeAll(async () => {
    admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
    receiver = await startReceiver();
    await start({ ZERODB_KAFKA_BROKERS: brokers, ZERODB_WEBHOOK_PRIVATE_ADDRESSES: 'allow' });
  });
  afterAll(async () => {
    await stop();
    await receiver.close();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  });

  it('lead back to its publisher from the broker, and from what subscribes to it', async () => {
    const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    const sink = { kind: 'webhook', url: receiver.url, secret };
    const source = { topic, start: 'earliest' };
    expect((await send('/v1/subscriptions/s', { method: 'PUT', body: { source, sink } })).status).toBe(201);
    await send('/v1/topics/t', { method: 'PUT', body: { broker: { enabled: true, topic } } });
    const { traceId, headers } = newTrace();
    await send('/v1/topics/t/events', { body: { events: [{ type: 'a', data: 1 }] }, headers });
    const publish = await spanOf('publish events', (span) => span.traceId === traceId);
    const origin = `${publish.traceId}/${publish.spanId}`;
    const isAbout = ({ links }: CollectedSpan): boolean => links.includes(origin);

    const sent = await spanOf('send kafka', isAbout);
    const delivery = await spanOf('deliver broker', ({ spanId }) => spanId === sent.parentSpanId);
    expect(delivery.parentSpanId).toBeUndefined();
    const processed = await spanOf('process subscription', isAbout);
    expect(processed.parentSpanId).toBeUndefined();
    const post = await spanOf('POST', isAbout);
    expect(post).toMatchObject({ traceId: processed.traceId, kind: CLIENT });
    expect(receiver.calls.map((call) => call.headers['traceparent'])).toContain(traceparentOf(post));
  });
});
