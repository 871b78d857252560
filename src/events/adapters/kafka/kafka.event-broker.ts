import type { ConnectionOptions } from 'node:tls';
import type { Admin, Kafka, Message, Producer } from 'kafkajs';
import { isServiceFault } from '../../../common/service-fault';
import type { PeerTls } from '../../../common/tls';
import { childSpan, type SpanFacts } from '../../../common/tracing';
import {
  EventBroker,
  type BrokerConsumer,
  type BrokerFacts,
  type BrokerMessage,
  type BrokerResources,
  type ConsumeOptions,
} from '../../broker/event-broker.port';
import { bounded } from './bounded';
import { toServiceFault } from './errors';
import { KafkaConsumer } from './kafka-consumer';
import type { KafkaOptions } from './kafka.options';

const CONNECT_MS = 1_000;
const REQUEST_MS = 1_500;
/** The largest event with its attributes, with room for the framing. */
const MAX_MESSAGE_BYTES = 2_500_000;

/**
 * kafkajs 2.2.4. Its `connect()` resolves even if the peer never answers, and a producer that timed out once stays
 * broken. So connecting proves nothing, and after every fault except a refusal the client is replaced by a new one.
 */
export class KafkaEventBroker extends EventBroker {
  private client: Kafka | undefined;
  private producer: Promise<Producer> | undefined;
  private admin: Promise<Admin> | undefined;

  constructor(private readonly options: KafkaOptions) {
    super();
  }

  async describe(topics: readonly string[], signal: AbortSignal): Promise<BrokerFacts> {
    return this.withAdmin(signal, async (admin) => {
      const cluster = await admin.describeCluster();
      const known = new Set(await admin.listTopics());
      const present = topics.filter((topic) => known.has(topic));
      const metadata = present.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: present });
      const led = metadata.topics.filter(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
      return { clusterId: cluster.clusterId, brokers: cluster.brokers.length, topics: led.map(({ name }) => name) };
    });
  }

  async ensureTopic(name: string, partitions: number, signal: AbortSignal): Promise<boolean> {
    const configEntries = [{ name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) }];
    return this.withAdmin(signal, (admin) =>
      admin.createTopics({
        topics: [{ topic: name, numPartitions: partitions, replicationFactor: -1, configEntries }],
        waitForLeaders: true,
        timeout: REQUEST_MS,
      }),
    );
  }

  async send(messages: readonly BrokerMessage[], signal: AbortSignal): Promise<void> {
    await childSpan('send kafka', spanFacts(messages), () => this.sendAll(messages, signal));
  }

  private async sendAll(messages: readonly BrokerMessage[], signal: AbortSignal): Promise<void> {
    const producer = await this.connectedProducer(signal);
    try {
      const topicMessages = byTopic(messages);
      await bounded(producer.sendBatch({ acks: -1, timeout: REQUEST_MS, topicMessages }), signal);
    } catch (error) {
      const fault = toServiceFault(error);
      if (fault.kind !== 'rejected') this.dropProducer();
      throw fault;
    }
  }

  async consume(options: ConsumeOptions): Promise<BrokerConsumer> {
    return await KafkaConsumer.start(this.kafka(), options);
  }

  async named(prefix: string, signal: AbortSignal): Promise<BrokerResources> {
    return this.withAdmin(signal, async (admin) => {
      const [topics, { groups }] = [await admin.listTopics(), await admin.listGroups()];
      const isNamed = (name: string): boolean => name.startsWith(prefix);
      return { topics: topics.filter(isNamed), groups: groups.map(({ groupId }) => groupId).filter(isNamed) };
    });
  }

  async remove({ topics, groups }: BrokerResources, signal: AbortSignal): Promise<void> {
    await this.withAdmin(signal, async (admin) => {
      // Groups first: a group's offsets in a deleted topic cannot be read.
      const { groups: known } = groups.length > 0 ? await admin.listGroups() : { groups: [] };
      const there = known.map(({ groupId }) => groupId).filter((name) => groups.includes(name));
      if (there.length > 0) await admin.deleteGroups(there);
      const present = topics.length > 0 ? (await admin.listTopics()).filter((name) => topics.includes(name)) : [];
      if (present.length > 0) await admin.deleteTopics({ topics: present, timeout: REQUEST_MS });
    });
  }

  async close(): Promise<void> {
    const open = [this.producer, this.admin];
    this.producer = undefined;
    this.admin = undefined;
    await Promise.all(open.map(async (client) => (await client?.catch(() => undefined))?.disconnect()));
  }

  private async withAdmin<T>(signal: AbortSignal, work: (admin: Admin) => Promise<T>): Promise<T> {
    try {
      this.admin ??= this.connectAdmin();
      return await bounded(work(await bounded(this.admin, signal)), signal);
    } catch (error) {
      const fault = toServiceFault(error);
      if (fault.kind !== 'rejected') this.dropAdmin();
      throw fault;
    }
  }

  private async connectAdmin(): Promise<Admin> {
    const admin = this.kafka().admin({ retry: { retries: 0 } });
    await admin.connect();
    return admin;
  }

  private async connectedProducer(signal: AbortSignal): Promise<Producer> {
    this.producer ??= this.connectProducer();
    try {
      return await bounded(this.producer, signal);
    } catch (error) {
      this.dropProducer();
      throw toServiceFault(error);
    }
  }

  private async connectProducer(): Promise<Producer> {
    const kafka = this.kafka();
    const producer = kafka.producer({
      allowAutoTopicCreation: false,
      maxInFlightRequests: 1,
      idempotent: false,
      retry: { retries: 1, initialRetryTime: 100 },
      createPartitioner: requireKafka().Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  private dropProducer(): void {
    const { producer } = this;
    this.producer = undefined;
    // Not awaited: a client with a hung peer takes long to stop.
    void producer?.then((client) => client.disconnect()).catch(() => undefined);
  }

  private dropAdmin(): void {
    const { admin } = this;
    this.admin = undefined;
    void admin?.then((client) => client.disconnect()).catch(() => undefined);
  }

  private kafka(): Kafka {
    if (this.client) return this.client;
    const { Kafka: Client, logLevel } = requireKafka();
    const { brokers, clientId, tls, peerTls, sasl, log } = this.options;
    this.client = new Client({
      clientId,
      brokers: [...brokers],
      ssl: tls && peerTls ? currentOf(peerTls) : tls,
      ...(sasl ? { sasl: sasl as { mechanism: 'plain'; username: string; password: string } } : {}),
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      enforceRequestTimeout: true,
      retry: { retries: 0 },
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => log?.('debug', `${entry.namespace}: ${entry.log.message}`),
    });
    return this.client;
  }
}

/** kafkajs copies them for each connection, which so uses what the files hold then. */
const currentOf = (peerTls: PeerTls): ConnectionOptions => ({
  get ca() {
    return peerTls.options().ca;
  },
  get cert() {
    return peerTls.options().cert;
  },
  get key() {
    return peerTls.options().key;
  },
});

/** Loaded on first use: without a broker it costs nothing. */
const requireKafka = (): typeof import('kafkajs') =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  require('kafkajs') as typeof import('kafkajs');

const MAX_LINKS = 32;

/** Each message carries the `traceparent` of its own publisher: this span covers only the transport. */
const spanFacts = (messages: readonly BrokerMessage[]) => (): SpanFacts => ({
  kind: 'producer',
  links: messages.slice(0, MAX_LINKS).map(({ headers }) => headers.traceparent),
  attributes: {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'send',
    'messaging.batch.message_count': messages.length,
  },
});

const byTopic = (messages: readonly BrokerMessage[]): { topic: string; messages: Message[] }[] => {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of messages) {
    const list = topics.get(topic) ?? [];
    list.push({ key, value, headers });
    topics.set(topic, list);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
};

export const isMissingTopic = (error: unknown): boolean => isServiceFault(error) && error.kind === 'wrong_data';
