import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import { asOperation } from '../../common/named-operation';
import { LogSignals } from '../log/log-signals';
import { EventMetrics } from '../event-metrics';
import type { Consumer } from './consumer';
import { ConsumersRepository } from './consumers.repository';
import { DeadLettersRepository } from './dead-letters.repository';
import type { Delivery } from './delivery';
import { DeliveryRound } from './delivery-round';
import { LanesRepository } from './lanes.repository';

const BACKGROUND_PIECE = {
  name: 'delivery_scheduler',
  description: 'Delivers events to the broker and to webhooks.',
  /** Polls for work without a signal: due retries, events of other replicas. */
  intervalMs: 500,
  role: 'worker',
} as const;
/** Minimum time between two rounds, so that a stream of signals is served in batches. */
const REST_MS = 10;
const MAX_ACTIVE = 32;

/** Delivers to all push consumers: the broker's followers and the webhooks. */
@Injectable()
export class DeliveryScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DeliveryScheduler.name);
  private readonly deliveries = new Map<string, Delivery>();
  private readonly active = new Map<number, Promise<void>>();
  private readonly loop: BackgroundLoop;
  private unlisten: () => void = () => undefined;

  constructor(
    private readonly consumers: ConsumersRepository,
    private readonly lanes: LanesRepository,
    private readonly letters: DeadLettersRepository,
    private readonly signals: LogSignals,
    private readonly metrics: EventMetrics,
    private readonly background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, () => this.look(), { restMs: REST_MS });
  }

  /** Adds a kind of consumer. */
  add(delivery: Delivery): void {
    this.deliveries.set(delivery.kind, delivery);
  }

  onApplicationBootstrap(): void {
    if (!this.background.isWorking) return;
    this.unlisten = this.signals.onPublished(() => this.wake());
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.unlisten();
    await this.loop.stop();
    await Promise.all(this.active.values());
  }

  /** Signals that there may be work. */
  wake(): void {
    this.loop.wake();
  }

  private readonly serve = asOperation('deliveries', (consumer: Consumer, delivery: Delivery) =>
    this.serveAll(consumer, delivery),
  );

  private async look(): Promise<void> {
    const ready = [...this.deliveries.values()].filter((delivery) => delivery.isReady());
    if (ready.length === 0) return;
    if (ready.some(({ kind }) => kind === 'broker')) await this.consumers.createFollowers();
    for (const consumer of await this.consumers.due(ready.map(({ kind }) => kind))) {
      if (this.active.has(consumer.id) || this.active.size >= MAX_ACTIVE) continue;
      const delivery = this.deliveries.get(consumer.kind);
      if (!delivery) continue;
      const work = this.serve(consumer, delivery).then((hasServed) => {
        this.active.delete(consumer.id);
        // Events published meanwhile were not checked, because the consumer was busy.
        if (hasServed) this.wake();
      });
      this.active.set(consumer.id, work);
    }
  }

  private async serveAll(consumer: Consumer, delivery: Delivery): Promise<boolean> {
    let hasServed = false;
    try {
      for (let hasMore = true; hasMore && !this.loop.isStopping;) {
        const round = new DeliveryRound({ lanes: this.lanes, letters: this.letters }, delivery, consumer);
        const result = await round.run();
        this.metrics.delivered(consumer.kind, result);
        hasServed ||= result.lanes > 0;
        // A webhook is read again for each round: it may have been paused, or have another secret.
        hasMore = result.hasMore && delivery.isReady() && consumer.kind === 'broker';
      }
    } catch (error) {
      this.log.debug(`The ${consumer.kind} "${consumer.name}" waits: ${messageOf(error)}`);
    }
    return hasServed;
  }
}
