import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import { isRead } from '../../orchestrator/event-route';
import { ServiceRegistry } from '../../registry/service';
import { EventBroker } from '../broker/event-broker.port';
import { EventMetrics } from '../event-metrics';
import { EventSinks } from './event-sinks';
import type { Subscription } from './subscription';
import { SubscriptionReader } from './subscription-reader';
import { SubscriptionsRepository } from './subscriptions.repository';

const BACKGROUND_PIECE = {
  name: 'subscriptions',
  description: 'Starts and stops the readers of subscriptions to topics of the broker.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const MAX_READERS = 100;
const DESCRIBE_MS = 1_500;
/** Pause after a reader ended on its own, or could not start. */
const BACK_OFF_MS = 3_000;

/** Starts and stops the readers of this process to match the subscriptions. Replicas share the partitions. */
@Injectable()
export class SubscriptionsRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SubscriptionsRunner.name);
  private readonly readers = new Map<number, SubscriptionReader>();
  private readonly notBefore = new Map<number, number>();
  private readonly loop: BackgroundLoop | undefined;

  constructor(
    @Inject(EventBroker) private readonly broker: EventBroker | null,
    private readonly repository: SubscriptionsRepository,
    private readonly sinks: EventSinks,
    private readonly registry: ServiceRegistry,
    private readonly metrics: EventMetrics,
    background: BackgroundWork,
  ) {
    const manners = { firstMs: BACKGROUND_PIECE.intervalMs };
    this.loop = broker ? background.withPauses(BACKGROUND_PIECE, () => this.round(), manners) : undefined;
  }

  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
    await Promise.all([...this.readers.values()].map((reader) => reader.stop()));
  }

  /** A subscription's lag, when this process reads it. */
  lagOf(id: number): number | null {
    return this.readers.get(id)?.lag ?? null;
  }

  private async round(): Promise<void> {
    await this.repository.holdUngranted();
    const wanted = await this.repository.active(MAX_READERS);
    const versions = new Map(wanted.map(({ id, version }) => [id, version]));
    for (const [id, reader] of this.readers) {
      if (versions.get(id) !== reader.subscription.version) await this.end(id);
    }
    this.metrics.subscriptionLag([...this.readers.values()].reduce((sum, { lag }) => sum + lag, 0));
    if (!isRead(this.registry.gate('broker'))) return;
    for (const subscription of wanted) {
      if (this.loop?.isStopping) return;
      const isDue = (this.notBefore.get(subscription.id) ?? 0) <= performance.now();
      if (!this.readers.has(subscription.id) && isDue) await this.begin(subscription);
    }
  }

  private async begin(subscription: Subscription): Promise<void> {
    const sink = this.sinks.find(subscription.settings.sink.kind);
    const { broker } = this;
    if (!sink || !broker) return;
    this.notBefore.set(subscription.id, performance.now() + BACK_OFF_MS);
    try {
      const { topic } = subscription.settings.source;
      const { clusterId, topics } = await broker.describe([topic], AbortSignal.timeout(DESCRIBE_MS));
      // Not created by us: its writers own its settings.
      if (!topics.includes(topic)) return;
      const onEnd = (error: Error): void => {
        this.log.debug(`The subscription "${subscription.name}" ended: ${error.message}`);
        this.readers.delete(subscription.id);
      };
      const { repository, metrics } = this;
      const reader = new SubscriptionReader({ broker, repository, metrics, onEnd }, subscription, sink, clusterId);
      await reader.start();
      this.readers.set(subscription.id, reader);
    } catch (error) {
      this.log.debug(`The subscription "${subscription.name}" waits: ${messageOf(error)}`);
      this.loop?.recordFault(error);
    }
  }

  private async end(id: number): Promise<void> {
    const reader = this.readers.get(id);
    this.readers.delete(id);
    this.notBefore.delete(id);
    await reader?.stop();
  }
}
