import { Kafka, logLevel, type Admin } from 'kafkajs';
import { openStream } from '../support/events';
import { eventually } from '../support/eventually';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';
import { endsBefore } from '../support/ends-before';

const KEYS = 7;
const { kafkaBrokers = '', kafkaProxiedBrokers = '', kafkaProxiedUpstream = '' } = services;

/** A real Kafka behind a proxy that freezes and refuses; the product with its embedded engine. */
describeWith(kafkaBrokers && kafkaProxiedBrokers)('the broker goes away (ZERODB_TEST_KAFKA_PROXIED_*)', () => {
  const proxy = new TcpProxy(kafkaProxiedBrokers, kafkaProxiedUpstream);
  const topic = `zerodb-test-failover-${Date.now()}`;
  const kafka = new Kafka({ brokers: kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  let admin: Admin;
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;
  let published = 0;

  const send = (target: string, body?: unknown, method?: string): Promise<Answer> =>
    call(target, {
      key: server.rootKey,
      ...(body === undefined ? {} : { body }),
      ...(method === undefined ? {} : { method }),
    });

  /** Every answer is a success, and a quick one. */
  const publish = async (batches: number): Promise<void> => {
    for (let batch = 0; batch < batches; batch += 1) {
      const events = Array.from({ length: 20 }, () => ({ type: 'n', key: `k${published % KEYS}`, data: published++ }));
      const sent = send('/v1/topics/orders/events', { events });
      // What waited for the broker would take longer than that.
      expect(await endsBefore(10_000, sent)).toBe(true);
      expect((await sent).status).toBe(200);
    }
  };

  const read: { id: string; key: string; value: number }[] = [];
  const isComplete = (): boolean => new Set(read.map(({ id }) => id)).size >= published;

  const inOrder = (): void => {
    const seen = new Set<string>();
    const unique = read.filter(({ id }) => !seen.has(id) && seen.add(id));
    expect(unique).toHaveLength(published);
    for (let key = 0; key < KEYS; key += 1) {
      const values = unique.filter((each) => each.key === `k${key}`).map(({ value }) => value);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
  };

  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
    await proxy.open();
    server = await startServer({ ZERODB_KAFKA_BROKERS: kafkaProxiedBrokers });
    call = clientOf(server.url, { ownDeadlines: true });
    await send('/v1/topics/orders', { broker: { topic, partitions: 3 } }, 'PUT');
    await publish(2);
    await eventually(
      () => admin.listTopics(),
      (topics) => topics.includes(topic),
      30_000,
    );
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const id = message.headers?.ce_id?.toString() ?? '';
        read.push({ id, key: message.key?.toString() ?? '', value: Number(message.value?.toString()) });
      },
    });
    stopReading = () => consumer.disconnect();
    await eventually(isComplete, Boolean, 30_000);
  });
  let stopReading: () => Promise<void> = async () => undefined;
  afterAll(async () => {
    await stopReading();
    await server.stop();
    await proxy.refuse();
    const made = (await admin.listTopics()).filter((name) => name === topic);
    await admin.deleteTopics({ topics: made });
    await admin.disconnect();
  });

  it('frozen: publishers and subscribers notice nothing; thawed: it catches up in order', async () => {
    const stream = await openStream(`${server.url}/v1/topics/orders/stream`, {
      authorization: `Bearer ${server.rootKey}`,
    });
    proxy.freeze();
    const before = published;
    for (let second = 0; second < 8; second += 1) {
      await publish(2);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await eventually(
      () => stream.events.length,
      (length) => length === published - before,
    );
    stream.close();
    await eventually(
      async () => (await send('/v1/services/broker')).json.state,
      (state) => state === 'down',
    );
    proxy.thaw();
    await eventually(isComplete, Boolean, 60_000);
    inOrder();
  });

  it('refused: the same', async () => {
    await proxy.refuse();
    for (let batch = 0; batch < 5; batch += 1) {
      await publish(2);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await proxy.open();
    await eventually(isComplete, Boolean, 60_000);
    inOrder();
  });
});

describeWith(kafkaBrokers)('a subscription (ZERODB_TEST_KAFKA_BROKERS)', () => {
  const topic = `zerodb-test-source-${Date.now()}`;
  const kafka = new Kafka({ brokers: kafkaBrokers.split(','), logLevel: logLevel.NOTHING });
  let server: TestServer;
  let admin: Admin;

  beforeAll(async () => {
    admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
    server = await startServer({ ZERODB_KAFKA_BROKERS: kafkaBrokers });
  });
  afterAll(async () => {
    await server.stop();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  });

  it('has each event take effect once, buries what cannot be taken, and goes on', async () => {
    const call = clientOf(server.url, { ownDeadlines: true });
    const key = server.rootKey;
    await call('/v1/collections/from-kafka', { key, method: 'PUT', body: { dimension: 2 } });
    const sink = {
      kind: 'records',
      collection: 'from-kafka',
      id: 'data.id',
      vector: 'data.at',
      metadata: { n: 'data.n' },
    };
    const grant = { key, method: 'PUT', body: { access: ['read'] } };
    expect((await call(`/v1/projects/default/broker-grants/${topic}`, grant)).status).toBe(200);
    const put = await call('/v1/subscriptions/s', { key, method: 'PUT', body: { source: { topic }, sink } });
    expect(put.status).toBe(201);
    await call('/v1/buckets/from-kafka', { key, method: 'PUT', body: {} });
    const others = {
      files: { kind: 'files', bucket: 'from-kafka', key: 'data.id' },
      memories: { kind: 'memories', content: 'data.id', user_id: 'key' },
    };
    for (const [name, other] of Object.entries(others)) {
      const body = { source: { topic }, sink: other };
      expect((await call(`/v1/subscriptions/${name}`, { key, method: 'PUT', body })).status).toBe(201);
    }
    const producer = kafka.producer();
    await producer.connect();
    const message = (id: string, ceId: string, at: unknown, n: number) => ({
      key: id,
      value: JSON.stringify({ id, at, n }),
      headers: { ce_id: ceId, ce_type: 't', ce_source: '/x', ce_specversion: '1.0' },
    });
    await producer.send({
      topic,
      messages: [
        message('a', 'e1', [1, 0], 1),
        message('a', 'e2', [1, 0], 2),
        message('a', 'e1', [1, 0], 1),
        message('bad', 'e3', 'no vector', 3),
        message('b', 'e4', [0, 1], 4),
      ],
    });
    await producer.disconnect();
    const records = await eventually(
      async () => (await call('/v1/collections/from-kafka/records', { key })).json.data as { id: string }[],
      (found) => found.length === 2,
      60_000,
    );
    expect(records).toMatchObject([
      { id: 'a', metadata: { n: 2 } },
      { id: 'b', metadata: { n: 4 } },
    ]);
    const letters = await eventually(
      async () => (await call('/v1/subscriptions/s/dead-letters', { key })).json.data as object[],
      (found) => found.length === 1,
      30_000,
    );
    expect(letters).toMatchObject([{ event_id: 'e3', consumer: 'subscription:s' }]);
    const file = await eventually(
      () => call('/v1/files/from-kafka/b', { key }),
      ({ status }) => status === 200,
      30_000,
    );
    expect(file.json).toMatchObject({ id: 'b', n: 4 });
    const memories = await eventually(
      async () => (await call('/v1/memories?user_id=b', { key })).json.data,
      (found) => Array.isArray(found) && found.length > 0,
      30_000,
    );
    expect(memories).toMatchObject([{ content: 'b' }]);
  });
});
