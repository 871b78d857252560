import { ZeroDbError } from '../../common/errors';
import { messageOf } from '../../common/message-of';
import { span, type SpanFacts } from '../../common/tracing';
import { backOffMs } from '../delivery/back-off';
import type { BrokerConsumer, ConsumedMessage, EventBroker } from '../broker/event-broker.port';
import type { EventMetrics } from '../event-metrics';
import type { EventSink, SinkEvent } from './event-sinks';
import { identityOf, toSinkEvent } from './sink-event';
import type { Subscription } from './subscription';
import type { PartitionOffset, SubscriptionsRepository } from './subscriptions.repository';

export interface ReaderPorts {
  readonly broker: EventBroker;
  readonly repository: SubscriptionsRepository;
  readonly metrics: EventMetrics;
  /** Called when it ended on its own. */
  readonly onEnd: (error: Error) => void;
}

const CHUNK = 100;
const UNIQUE_VIOLATION = '23505';

/** Runs one subscription: processes the messages of a partition in order, each exactly once. */
export class SubscriptionReader {
  private consumer: BrokerConsumer | undefined;
  private readonly lags = new Map<number, number>();
  private readonly attempts = new Map<number, { offset: number; count: number }>();

  constructor(
    private readonly ports: ReaderPorts,
    readonly subscription: Subscription,
    private readonly sink: EventSink,
    private readonly clusterId: string,
  ) {}

  /** Unprocessed messages, as last known. */
  get lag(): number {
    return [...this.lags.values()].reduce((sum, each) => sum + each, 0);
  }

  async start(): Promise<void> {
    const { source } = this.subscription.settings;
    this.consumer = await this.ports.broker.consume({
      topic: source.topic,
      group: source.group,
      fromBeginning: source.start === 'earliest',
      positionOf: (partition) => this.positionOf(partition),
      onBatch: (partition, messages, { lag }) => this.onBatch(partition, messages, lag),
      onEnd: this.ports.onEnd,
    });
  }

  async stop(): Promise<void> {
    await this.consumer?.stop();
  }

  private async positionOf(partition: number): Promise<number | undefined> {
    const offsets = await this.ports.repository.offsets(this.subscription, this.clusterId);
    const known = offsets.find((offset) => offset.partition === partition);
    return known && Number(known.next);
  }

  private async onBatch(
    partition: number,
    messages: readonly ConsumedMessage[],
    lag: number,
  ): Promise<{ next: number; retryMs?: number }> {
    let next = messages[0]?.offset ?? 0;
    for (let start = 0; start < messages.length; start += CHUNK) {
      const chunk = messages.slice(start, start + CHUNK);
      const end = (chunk.at(-1)?.offset ?? next) + 1;
      const stopped = await this.take(partition, chunk, end);
      if (stopped) {
        this.lags.set(partition, lag + messages.length - start);
        return stopped;
      }
      next = end;
    }
    this.lags.set(partition, lag);
    return { next };
  }

  /** Processes a chunk as a whole, or, when that fails, one by one. */
  private async take(
    partition: number,
    chunk: readonly ConsumedMessage[],
    end: number,
  ): Promise<{ next: number; retryMs?: number } | undefined> {
    try {
      await this.apply(chunk, { clusterId: this.clusterId, partition, next: end });
      this.attempts.delete(partition);
      return undefined;
    } catch {
      // Retry one at a time, to find the refused one.
    }
    for (const message of chunk) {
      const stopped = await this.takeOne(partition, message);
      if (stopped) return stopped;
    }
    return undefined;
  }

  private async takeOne(
    partition: number,
    message: ConsumedMessage,
  ): Promise<{ next: number; retryMs?: number } | undefined> {
    const offset = { clusterId: this.clusterId, partition, next: message.offset + 1 };
    try {
      await this.apply([message], offset);
      this.attempts.delete(partition);
      return undefined;
    } catch (error) {
      const count = this.failed(partition, message.offset);
      const isDead = isBlame(error) || (isFailure(error) && count >= this.subscription.settings.max_attempts);
      if (!isDead) return { next: message.offset, retryMs: backOffMs(count) };
      const event = toSinkEvent(this.subscription.settings.source.topic, message);
      await this.ports.repository.addDeadLetter(this.subscription, event, messageOf(error), offset);
      this.ports.metrics.took('dead');
      this.attempts.delete(partition);
      return undefined;
    }
  }

  private async apply(messages: readonly ConsumedMessage[], offset: PartitionOffset): Promise<void> {
    const facts = spanFacts(this.subscription, messages);
    await span('process subscription', facts, () => this.applyAll(messages, offset));
  }

  private async applyAll(messages: readonly ConsumedMessage[], offset: PartitionOffset): Promise<void> {
    const { repository, metrics } = this.ports;
    const { scope, settings } = this.subscription;
    const all = messages.map((message) => toSinkEvent(settings.source.topic, message));
    for (let attempt = 1; ; attempt += 1) {
      const known = await repository.known(this.subscription, all);
      const fresh = firstOfEach(all.filter((event) => !known.has(event)));
      try {
        if (fresh.length === 0) await repository.skip(this.subscription, offset);
        else
          await this.sink.apply(scope, settings.sink, fresh, (tx) =>
            repository.settle(tx, this.subscription, fresh, offset),
          );
        metrics.took('applied', fresh.length);
        metrics.took('repeated', all.length - fresh.length);
        return;
      } catch (error) {
        // Another member has just processed some of them: check again, once.
        if (attempt > 1 || (error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      }
    }
  }

  private failed(partition: number, offset: number): number {
    const known = this.attempts.get(partition);
    const count = known?.offset === offset ? known.count + 1 : 1;
    this.attempts.set(partition, { offset, count });
    return count;
  }
}

const MAX_LINKS = 32;

const spanFacts =
  ({ id, scope, settings }: Subscription, messages: readonly ConsumedMessage[]) =>
  (): SpanFacts => ({
    kind: 'consumer',
    parent: null,
    links: messages.slice(0, MAX_LINKS).map(({ headers }) => headers.traceparent),
    attributes: {
      'zerodb.project': scope.projectId,
      'zerodb.subscription': id,
      'zerodb.sink': settings.sink.kind,
      'messaging.system': 'kafka',
      'messaging.operation.type': 'process',
      'messaging.batch.message_count': messages.length,
    },
  });

const firstOfEach = (events: readonly SinkEvent[]): SinkEvent[] => {
  const seen = new Set<string>();
  return events.filter((event) => {
    const identity = identityOf(event).toString('hex');
    return !seen.has(identity) && seen.add(identity);
  });
};

/**
 * The event itself is at fault. A fault that configuration may fix (no such collection) is retried, then becomes a dead
 * letter.
 */
const isBlame = (error: unknown): boolean => error instanceof ZeroDbError && [400, 413, 422].includes(error.status);

/** Whether the event is at fault: while Postgres is unreachable, none is. */
const isFailure = (error: unknown): boolean => !(error instanceof ZeroDbError && error.status === 503);
