import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import { GuardedClient } from '../../common/ssrf';
import { eventsConfig, type EventsSettings } from '../../config';
import type { Consumer } from '../delivery/consumer';
import { ConsumersRepository } from '../delivery/consumers.repository';
import type { Delivery, DeliveryFault, DeliveryOutcome } from '../delivery/delivery';
import { DeliveryScheduler } from '../delivery/delivery.scheduler';
import type { Scope } from '../../common/scope';
import { withOffset, type StoredEvent } from '../event';
import { traceparentIn } from '../event-trace';
import { sourceOf } from '../log/draft';
import { isSelected, parseEventFilter, type EventSelection } from '../stream/event-selection';
import { TopicsRepository } from '../topics/topics.repository';
import { sign } from './signature';
import { secretsOf, type Webhook, type WebhookSettings } from './webhook';
import { deliveryId } from './delivery-id';

/** After this a call starts no further request: the lane's lease must not expire. */
const CALL_MS = 8_000;
const HTTP_GONE = 410;
const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_COUNTED = 10_000;

/** POSTs events to webhooks, one at a time per lane, signed. */
@Injectable()
export class WebhookDelivery implements Delivery, OnModuleInit, OnApplicationShutdown {
  readonly kind = 'webhook' as const;
  readonly page = { events: 500, bytes: 8 * 1024 * 1024 };
  readonly batch = { events: 50, bytes: 4 * 1024 * 1024 };
  readonly concurrency = 8;
  private readonly client: GuardedClient;
  private readonly failures = new Map<number, number>();
  private readonly selections = new Map<number, { version: number; selection: EventSelection }>();

  constructor(
    private readonly scheduler: DeliveryScheduler,
    private readonly consumers: ConsumersRepository,
    private readonly topics: TopicsRepository,
    @Inject(eventsConfig.KEY) settings: EventsSettings,
  ) {
    this.client = new GuardedClient({ allowPrivate: settings.privateAddresses === 'allow' });
  }

  onModuleInit(): void {
    this.scheduler.add(this);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }

  isReady(): boolean {
    return true;
  }

  async topicIds(consumer: Consumer): Promise<readonly number[] | null> {
    const { topics } = (consumer as Webhook).settings;
    return topics.includes('*') ? null : this.topics.ids(consumer.scope, topics);
  }

  maxAttempts(consumer: Consumer): number {
    return (consumer as Webhook).settings.max_attempts;
  }

  async deliver(consumer: Consumer, events: readonly StoredEvent[]): Promise<DeliveryOutcome> {
    const webhook = consumer as Webhook;
    const selection = this.selectionOf(webhook);
    const endsAt = performance.now() + CALL_MS;
    let delivered = 0;
    for (const event of events) {
      if (delivered > 0 && performance.now() > endsAt) break;
      // A dead letter was already selected, and carries no type.
      const fault = event.type === '' || isSelected(event, selection) ? await this.post(webhook, event) : undefined;
      if (fault) return { delivered, fault };
      delivered += 1;
    }
    return { delivered };
  }

  private async post(webhook: Webhook, event: StoredEvent): Promise<DeliveryFault | undefined> {
    const { url, timeout_ms } = webhook.settings;
    const body = withOffset(event);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'ZeroDB-Webhooks',
      ...sign(secretsOf(webhook.settings), webhookId(webhook.scope, event), body),
    };
    try {
      const { status, retryAfter } = await this.client.post(url, {
        headers,
        body,
        timeoutMs: timeout_ms,
        cause: traceparentIn(event.body),
      });
      if (status >= 200 && status < 300) {
        this.failures.delete(webhook.id);
        return undefined;
      }
      if (status === HTTP_GONE) return await this.pause(webhook, 'The receiver answered 410: it is permanently gone.');
      return await this.failed(webhook, `The receiver answered ${status}.`, retryAfterMs(retryAfter));
    } catch (error) {
      return await this.failed(webhook, messageOf(error));
    }
  }

  private async failed(webhook: Webhook, message: string, retryMs?: number): Promise<DeliveryFault> {
    const failures = (this.failures.get(webhook.id) ?? 0) + 1;
    if (this.failures.size < MAX_COUNTED) this.failures.set(webhook.id, failures);
    if (failures >= webhook.settings.pause_after) {
      return this.pause(webhook, `${failures} calls in a row failed, the last: ${message}`);
    }
    return { kind: 'failed', message, retryAfterMs: retryMs };
  }

  private async pause(webhook: Webhook, message: string): Promise<DeliveryFault> {
    this.failures.delete(webhook.id);
    await this.consumers.pause(webhook, message);
    return { kind: 'unavailable', message };
  }

  private selectionOf(webhook: Webhook): EventSelection {
    const known = this.selections.get(webhook.id);
    if (known?.version === webhook.version) return known.selection;
    const selection = selectionOf(webhook.settings);
    if (this.selections.size >= MAX_COUNTED) this.selections.clear();
    this.selections.set(webhook.id, { version: webhook.version, selection });
    return selection;
  }
}

const selectionOf = ({ types, filter }: WebhookSettings): EventSelection => ({
  types: types ?? undefined,
  filter: filter === null || filter === undefined ? undefined : parseEventFilter(filter, '/filter'),
});

/** Seconds only: a date would trust the receiver's clock. */
const retryAfterMs = (header: string | undefined): number | undefined =>
  header && /^\d{1,6}$/.test(header) ? Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS) : undefined;

const webhookId = (scope: Scope, { id, body }: StoredEvent): string => {
  const { source, topic } = JSON.parse(body) as { source?: string; topic?: string };
  return deliveryId(id, source === sourceOf(scope, topic ?? '') ? undefined : source);
};
