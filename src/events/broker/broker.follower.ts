import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import { isServiceFault, ServiceFault } from '../../common/service-fault';
import { kafkaConfig, type KafkaSettings } from '../../config';
import { isDelivered } from '../../orchestrator/event-route';
import { ServiceRegistry, type Lag, type ProbeReport, type ServiceGate } from '../../registry/service';
import type { Consumer } from '../delivery/consumer';
import type { Delivery, DeliveryOutcome } from '../delivery/delivery';
import { DeliveryScheduler } from '../delivery/delivery.scheduler';
import { brokerTopicOf, type StoredEvent, type Topic } from '../event';
import { EventMetrics } from '../event-metrics';
import { TopicsRepository } from '../topics/topics.repository';
import { BrokerMarkRepository } from './broker-mark.repository';
import { BrokerNames } from './broker-names';
import { EventBroker } from './event-broker.port';
import { toBrokerMessage } from './kafka-binding';

const SEND_MS = 5_000;
const PROBE_MS = 800;
const LAG = {
  name: 'broker_lag',
  description: 'Counts the events that the broker lacks.',
  intervalMs: 1_000,
  role: 'any',
} as const;
const MARK_PREFIX = '_zerodb_mark_';
const BATCH = { events: 200, bytes: 900 * 1024 };
const PAGE = { events: 3_200, bytes: 8 * 1024 * 1024 };
/** Long enough to save a query per round, short enough that a changed mapping applies soon. */
const TOPICS_MS = 1_000;

interface Followed {
  readonly topics: ReadonlyMap<number, Topic>;
  /** The start of the project's names on the broker. */
  readonly prefix: string;
}

/** Keeps the broker in sync with the log: every event of the followed topics, in order per key. */
@Injectable()
export class BrokerFollower implements Delivery, OnModuleInit, OnApplicationShutdown {
  readonly kind = 'broker' as const;
  readonly page = PAGE;
  readonly batch = BATCH;
  readonly concurrency = 4;
  private readonly log = new Logger(BrokerFollower.name);
  private readonly ensured = new Set<string>();
  private readonly topics = new Map<number, Followed & { until: number }>();
  private gate: ServiceGate | undefined;
  private current: Lag | undefined;
  private readonly measuring: BackgroundLoop | undefined;
  private isForeign = false;

  constructor(
    @Inject(EventBroker) private readonly broker: EventBroker | null,
    private readonly marks: BrokerMarkRepository,
    private readonly repository: TopicsRepository,
    private readonly names: BrokerNames,
    private readonly scheduler: DeliveryScheduler,
    private readonly registry: ServiceRegistry,
    private readonly metrics: EventMetrics,
    @Inject(kafkaConfig.KEY) private readonly settings: KafkaSettings,
    background: BackgroundWork,
  ) {
    this.measuring = broker ? background.every(LAG, () => this.measure()) : undefined;
  }

  onModuleInit(): void {
    if (!this.broker) return;
    this.gate = this.registry.register({
      name: 'broker',
      kind: 'kafka',
      endpoints: this.settings.brokers?.split(',') ?? [],
      capabilities: ['events', 'subscriptions'],
      probeTimeoutMs: PROBE_MS,
      probe: (signal) => this.probe(signal),
      recover: (signal) => this.recover(signal),
      lag: () => this.current,
      rebuild: () => this.rebuild(),
    });
    this.scheduler.add(this);
    this.measuring?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.measuring?.stop();
    await this.broker?.close();
  }

  isReady(): boolean {
    return isDelivered(this.gate);
  }

  async topicIds({ scope }: Consumer): Promise<readonly number[]> {
    const known = this.topics.get(scope.projectId);
    if (known && known.until > performance.now()) return [...known.topics.keys()];
    const topics = new Map<number, Topic>();
    const prefix = await this.names.prefixOf(scope);
    for (const topic of await this.repository.followed(scope, prefix)) topics.set(topic.id, topic);
    this.topics.set(scope.projectId, { topics, prefix, until: performance.now() + TOPICS_MS });
    return [...topics.keys()];
  }

  maxAttempts(): number {
    return 1;
  }

  async deliver({ scope }: Consumer, events: readonly StoredEvent[]): Promise<DeliveryOutcome> {
    const followed = this.topics.get(scope.projectId) ?? { topics: new Map<number, Topic>(), prefix: '' };
    // A dead letter of a topic that is no longer followed has no destination.
    const sent = events.filter(({ topicId }) => followed.topics.has(topicId));
    return this.sendAll(sent, followed, scope.projectName, events.length);
  }

  /** Halves a refused batch until the refused event is found. */
  private async sendAll(
    events: readonly StoredEvent[],
    followed: Followed,
    project: string,
    total = events.length,
  ): Promise<DeliveryOutcome> {
    try {
      if (events.length > 0) await this.send(events, followed, project);
      return { delivered: total };
    } catch (error) {
      const message = messageOf(error);
      if (!isServiceFault(error) || error.kind !== 'rejected') {
        return { delivered: 0, fault: { kind: 'unavailable', message } };
      }
      if (events.length === 1) return { delivered: 0, fault: { kind: 'poison', message } };
      const half = Math.ceil(events.length / 2);
      const first = await this.sendAll(events.slice(0, half), followed, project);
      if (first.fault) return first;
      const second = await this.sendAll(events.slice(half), followed, project);
      return { ...second, delivered: half + second.delivered };
    }
  }

  private async send(events: readonly StoredEvent[], { topics, prefix }: Followed, project: string): Promise<void> {
    const { broker, gate } = this;
    if (!broker || !gate) throw new ServiceFault('broker', 'not_admitted', 'No broker is configured.');
    const wanted = new Map(
      events.map(({ topicId }) => {
        const topic = topics.get(topicId) as Topic;
        return [brokerTopicOf(topic, prefix), topic.settings.broker.partitions];
      }),
    );
    const messages = events.map((event) => toBrokerMessage(event, topics.get(event.topicId) as Topic, project, prefix));
    const call = async (signal: AbortSignal): Promise<void> => {
      for (const [name, partitions] of wanted) await this.ensure(name, partitions, signal);
      await broker.send(messages, signal);
    };
    try {
      await gate.run('write', call, { timeoutMs: SEND_MS });
    } catch (error) {
      if (isServiceFault(error) && error.kind === 'wrong_data') this.missing([...wanted.keys()]);
      throw error;
    }
  }

  private async ensure(name: string, partitions: number, signal: AbortSignal): Promise<void> {
    if (this.ensured.has(name)) return;
    if (await this.broker?.ensureTopic(name, partitions, signal)) this.log.log(`Made the broker's topic "${name}".`);
    this.ensured.add(name);
  }

  /** Handles a lost topic of ours: recreates it and reports the loss; `rebuild` sends its events again. */
  private missing(names: readonly string[]): void {
    this.metrics.brokerLost();
    this.log.warn(`The broker has lost one of its topics (${names.slice(0, 5).join(', ')}); it is recreated.`);
    for (const name of names) this.ensured.delete(name);
  }

  private async probe(signal: AbortSignal): Promise<ProbeReport> {
    const mark = await this.marks.find();
    const facts = await (this.broker as EventBroker).describe(mark?.epoch ? [mark.epoch] : [], signal);
    const isOurs = !mark?.epoch || (facts.clusterId === mark.clusterId && facts.topics.includes(mark.epoch));
    if (!isOurs && !this.isForeign) {
      this.isForeign = true;
      this.gate?.trip('the broker was emptied or replaced: its mark is missing');
    }
    return { detail: { cluster: facts.clusterId, brokers: facts.brokers } };
  }

  /** Checks whether the broker is still the known one, and leaves a mark in a new one. */
  private async recover(signal: AbortSignal): Promise<void> {
    const broker = this.broker as EventBroker;
    const mark = await this.marks.find();
    const facts = await broker.describe(mark?.epoch ? [mark.epoch] : [], signal);
    if (mark?.epoch && facts.clusterId === mark.clusterId && facts.topics.includes(mark.epoch)) {
      this.isForeign = false;
      return;
    }
    this.ensured.clear();
    if (mark?.epoch && (await this.marks.recordLoss(mark))) {
      this.metrics.brokerLost();
      this.log.warn('The broker has lost its data. All stored events are sent again, under the same ids.');
    }
    const epoch = `${MARK_PREFIX}${newId()}`;
    await broker.ensureTopic(epoch, 1, signal);
    await this.marks.save(facts.clusterId, epoch);
    this.isForeign = false;
    this.scheduler.wake();
  }

  private async rebuild(): Promise<void> {
    this.ensured.clear();
    await this.marks.rewind();
    this.scheduler.wake();
  }

  /** While Postgres is unreachable, the last known lag stays. */
  private async measure(): Promise<void> {
    const { events, seconds } = await this.marks.lag();
    this.current = { records: events, seconds: events === 0 ? 0 : seconds };
  }
}
