import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { isServiceFault } from '../../src/common/service-fault';
import { KafkaEventBroker } from '../../src/events/adapters/kafka/kafka.event-broker';
import { MemoryEventBroker } from '../support/memory-event-broker';
import { describeWith, services } from '../support/services';
import { eventBrokerContract } from './event-broker.contract';
import { endsBefore } from '../support/ends-before';

const brokerAt = (brokers: string): KafkaEventBroker =>
  new KafkaEventBroker({ brokers: brokers.split(','), clientId: 'zerodb-test', tls: false });

describe('the stand-in for a broker', () => {
  eventBrokerContract(
    async () => new MemoryEventBroker(),
    async () => undefined,
  );
});

describeWith(services.kafkaBrokers)('Kafka (ZERODB_TEST_KAFKA_BROKERS)', () => {
  const brokers = services.kafkaBrokers ?? '';
  eventBrokerContract(
    async () => brokerAt(brokers),
    async (topics) => {
      const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await admin.deleteTopics({ topics }).catch(() => undefined);
      await admin.disconnect();
    },
  );

  it('refuses a message that is too large, and goes on', async () => {
    const broker = brokerAt(brokers);
    const topic = `zerodb-test-large-${Date.now()}`;
    await broker.ensureTopic(topic, 1, AbortSignal.timeout(5_000));
    const message = { topic, key: 'k', headers: {}, value: Buffer.alloc(3_000_000, 'x') };
    const fault = await broker.send([message], AbortSignal.timeout(5_000)).catch((error: unknown) => error);
    expect(isServiceFault(fault) && fault.kind).toBe('rejected');
    await broker.send([{ ...message, value: Buffer.from('small') }], AbortSignal.timeout(5_000));
    await broker.close();
  });
});

describe('Kafka that does not answer', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  let address: string;

  beforeAll(async () => {
    server = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['describe', (broker: KafkaEventBroker, signal: AbortSignal) => broker.describe([], signal)],
    [
      'send',
      (broker: KafkaEventBroker, signal: AbortSignal) =>
        broker.send([{ topic: 't', key: null, value: Buffer.from('x'), headers: {} }], signal),
    ],
  ])('%s ends at its deadline', async (_name, call) => {
    const broker = brokerAt(address);
    const called = call(broker, AbortSignal.timeout(1_000)).catch((error: unknown) => error);
    expect(await endsBefore(2_000, called)).toBe(true);
    const fault = await called;
    expect(isServiceFault(fault) && ['timeout', 'reset'].includes(fault.kind)).toBe(true);
    await broker.close();
  });

  it('says that nobody listens', async () => {
    const broker = brokerAt('127.0.0.1:1');
    const fault = await broker.describe([], AbortSignal.timeout(3_000)).catch((error: unknown) => error);
    expect(isServiceFault(fault) && fault.kind).toBe('refused');
    await broker.close();
  });
});
