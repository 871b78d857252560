import { Inject, Injectable } from '@nestjs/common';
import { invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { urlFault } from '../../common/ssrf';
import { eventsConfig, type EventsSettings } from '../../config';
import { ConsumersRepository, type ConsumerProgress } from '../delivery/consumers.repository';
import { DeliveryScheduler } from '../delivery/delivery.scheduler';
import { parseEventFilter } from '../stream/event-selection';
import { TopicsService } from '../topics/topics.service';
import { newSecret } from './signature';
import type { Webhook, WebhookSettings } from './webhook';

export interface WebhookDefinition extends Omit<WebhookSettings, 'secret' | 'types' | 'filter'> {
  readonly types?: readonly string[] | undefined;
  readonly filter?: unknown;
  readonly secret?: string | undefined;
  readonly after?: number | undefined;
}

const FINGERPRINT = fingerprintOf('webhooks');

/** Creates, changes, pauses and shows webhooks. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly consumers: ConsumersRepository,
    private readonly topics: TopicsService,
    private readonly scheduler: DeliveryScheduler,
    @Inject(eventsConfig.KEY) private readonly settings: EventsSettings,
  ) {}

  /** `secret` is set when it was generated here: it is shown only once. */
  async put(
    scope: Scope,
    name: string,
    { after, ...definition }: WebhookDefinition,
  ): Promise<{ webhook: Webhook; created: boolean; secret?: string }> {
    await this.mustBeSound(scope, definition);
    const existing = await this.consumers.find(scope, 'webhook', name);
    const kept = (existing as Webhook | undefined)?.settings.secret;
    const secret = definition.secret ?? kept ?? newSecret();
    const settings = { ...definition, types: definition.types ?? null, filter: definition.filter ?? null, secret };
    const made = definition.secret === undefined && kept === undefined ? { secret } : {};
    if (existing) {
      const webhook = await this.consumers.update(existing, settings);
      if (!webhook) throw notFound('webhook', name);
      if (after !== undefined) await this.consumers.seek(webhook, after);
      this.scheduler.wake();
      return { webhook: webhook as Webhook, created: false, ...made };
    }
    const { consumer, created } = await this.consumers.create(scope, {
      kind: 'webhook',
      name,
      topicId: null,
      settings,
      after,
    });
    this.scheduler.wake();
    return { webhook: consumer as Webhook, created, ...made };
  }

  async get(scope: Scope, name: string): Promise<{ webhook: Webhook; progress: ConsumerProgress }> {
    const webhook = await this.find(scope, name);
    return { webhook, progress: await this.consumers.progress(webhook) };
  }

  async list(scope: Scope, limit: number, cursor?: string): Promise<Page<Webhook>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, FINGERPRINT, 1, 'query:after');
    const rows = (await this.consumers.list(scope, 'webhook', limit + 1, String(after))) as Webhook[];
    return pageOf(
      rows,
      limit,
      (webhook) => webhook,
      ({ name }) => [name],
      FINGERPRINT,
    );
  }

  async delete(scope: Scope, name: string): Promise<void> {
    await this.consumers.delete(await this.find(scope, name));
  }

  async setPaused(scope: Scope, name: string, isPaused: boolean): Promise<void> {
    await this.consumers.pause(await this.find(scope, name), isPaused ? 'paused by a user' : undefined);
    this.scheduler.wake();
  }

  private async find(scope: Scope, name: string): Promise<Webhook> {
    const consumer = await this.consumers.find(scope, 'webhook', name);
    if (!consumer) throw notFound('webhook', name);
    return consumer as Webhook;
  }

  private async mustBeSound(scope: Scope, { url, topics, filter }: Omit<WebhookDefinition, 'after'>): Promise<void> {
    const fault = urlFault(url, { allowPrivate: this.settings.privateAddresses === 'allow' });
    if (fault) throw invalidAt('/url', fault);
    if (filter !== undefined) parseEventFilter(filter, '/filter');
    for (const [index, topic] of topics.entries()) {
      if (topic === '*') continue;
      await this.topics.resolve(scope, topic).catch((error: unknown) => {
        throw (error as { status?: number }).status === 404
          ? invalidAt(`/topics/${index}`, 'There is no such topic.')
          : error;
      });
    }
  }
}
