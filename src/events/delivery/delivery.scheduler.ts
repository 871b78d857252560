import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import { asOperation } from '../../common/named-operation';
import { WORKS_IN_BACKGROUND } from '../../config';
import { LogSignals } from '../log/log-signals';
import { EventMetrics } from '../event-metrics';
import type { Consumer } from './consumer';
import { ConsumersRepository } from './consumers.repository';
import { DeadLettersRepository } from './dead-letters.repository';
import type { Delivery } from './delivery';
import { DeliveryRound } from './delivery-round';
import { LanesRepository } from './lanes.repository';

/** Polls for work without a signal: due retries, events of other replicas. */
const POLL_MS = 500;
/** Minimum time between two rounds, so that a stream of signals is served in batches. */
const REST_MS = 10;
const MAX_ACTIVE = 32;

/** Delivers to all push consumers: the broker's followers and the webhooks. */
@Injectable()
export class DeliveryScheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DeliveryScheduler.name);
  private readonly deliveries = new Map<string, Delivery>();
  private readonly active = new Map<number, Promise<void>>();
  private isStopped = false;
  private isWoken = false;
  private running: Promise<void> = Promise.resolve();
  private wakeUp: () => void = () => undefined;
  private unlisten: () => void = () => undefined;

  constructor(
    private readonly consumers: ConsumersRepository,
    private readonly lanes: LanesRepository,
    private readonly letters: DeadLettersRepository,
    private readonly signals: LogSignals,
    private readonly metrics: EventMetrics,
    @Inject(WORKS_IN_BACKGROUND) private readonly isWorking: boolean,
  ) {}

  /** Adds a kind of consumer. */
  add(delivery: Delivery): void {
    this.deliveries.set(delivery.kind, delivery);
  }

  onApplicationBootstrap(): void {
    if (!this.isWorking) return;
    this.unlisten = this.signals.onPublished(() => this.wake());
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    this.unlisten();
    this.wake();
    await this.running;
    await Promise.all(this.active.values());
  }

  /** Signals that there may be work. */
  wake(): void {
    this.isWoken = true;
    this.wakeUp();
  }

  private readonly look = asOperation('delivery_scheduler', () => this.lookOnce());
  private readonly serve = asOperation('deliveries', (consumer: Consumer, delivery: Delivery) =>
    this.serveAll(consumer, delivery),
  );

  private async run(): Promise<void> {
    while (!this.isStopped) {
      this.isWoken = false;
      try {
        await this.look();
      } catch (error) {
        // Postgres may be unreachable; the next round finds everything unchanged.
        this.log.debug(`Deliveries wait: ${messageOf(error)}`);
      }
      await this.rest();
    }
  }

  private async lookOnce(): Promise<void> {
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
      for (let hasMore = true; hasMore && !this.isStopped;) {
        const round = new DeliveryRound({ lanes: this.lanes, letters: this.letters }, delivery, consumer);
        const result = await round.run();
        this.metrics.delivered(consumer.kind, result);
        hasServed ||= result.lanes > 0;
        hasMore = result.hasMore && delivery.isReady();
      }
    } catch (error) {
      this.log.debug(`The ${consumer.kind} "${consumer.name}" waits: ${messageOf(error)}`);
    }
    return hasServed;
  }

  private async rest(): Promise<void> {
    await this.sleep(REST_MS);
    if (!this.isWoken) await this.sleep(POLL_MS);
  }

  private sleep(ms: number): Promise<void> {
    if (this.isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (ms !== POLL_MS) return;
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
