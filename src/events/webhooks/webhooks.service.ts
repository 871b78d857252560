import { Inject, Injectable } from '@nestjs/common';
import { conflict, invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { urlFault } from '../../common/ssrf';
import { eventsConfig, type EventsSettings } from '../../config';
import { ConsumersRepository, type ConsumerProgress } from '../delivery/consumers.repository';
import { DeliveryScheduler } from '../delivery/delivery.scheduler';
import { EventLog } from '../log/event-log';
import { parseEventFilter } from '../stream/event-selection';
import { TopicsService } from '../topics/topics.service';
import { newSecret } from './signature';
import { stillValid, type PreviousSecret, type Webhook, type WebhookSettings } from './webhook';

export interface WebhookDefinition extends Omit<WebhookSettings, 'secret' | 'previous_secrets' | 'types' | 'filter'> {
  readonly types?: readonly string[] | undefined;
  readonly filter?: unknown;
  readonly secret?: string | undefined;
  readonly after?: number | undefined;
}

/** Each of them is one more signature of every delivery. */
const MAX_PREVIOUS = 3;

const FINGERPRINT = fingerprintOf('webhooks');

/** Creates, changes, pauses and shows webhooks. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly consumers: ConsumersRepository,
    private readonly topics: TopicsService,
    private readonly scheduler: DeliveryScheduler,
    private readonly log: EventLog,
    @Inject(eventsConfig.KEY) private readonly settings: EventsSettings,
  ) {}

  /** `secret` is set when it was generated here: it is shown only once. */
  async put(
    scope: Scope,
    name: string,
    { after, ...definition }: WebhookDefinition,
  ): Promise<{ webhook: Webhook; created: boolean; secret?: string }> {
    await this.mustBeSound(scope, definition);
    if (after !== undefined) await this.mustBeInLog(scope, after);
    const existing = await this.consumers.find(scope, 'webhook', name);
    const kept = (existing as Webhook | undefined)?.settings;
    const secret = definition.secret ?? kept?.secret ?? newSecret();
    const own = { ...definition, types: definition.types ?? null, filter: definition.filter ?? null, secret };
    // A secret that is set here replaces all others at once.
    const settings = kept?.secret === secret ? { ...own, previous_secrets: stillValid(kept) } : own;
    const made = definition.secret === undefined && kept === undefined ? { secret } : {};
    if (existing) {
      // The version that was read: a secret that was rotated meanwhile must not be undone.
      const webhook = await this.consumers.update(existing, settings, existing.version);
      if (!webhook) throw conflict(`The webhook "${name}" was changed at the same time; try again.`, true);
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

  /**
   * Signs with a new secret from now on, and with the one before for `overlapSeconds` more. Throws `conflict` when the
   * webhook was changed meanwhile.
   */
  async rotate(
    scope: Scope,
    name: string,
    { secret = newSecret(), overlapSeconds }: { readonly secret?: string | undefined; readonly overlapSeconds: number },
  ): Promise<{ webhook: Webhook; secret: string; until: Date }> {
    const before = await this.find(scope, name);
    if (before.settings.secret === secret) throw invalidAt('/secret', 'is the present one');
    const until = Date.now() + overlapSeconds * 1_000;
    const ended: PreviousSecret[] = overlapSeconds > 0 ? [{ secret: before.settings.secret, until }] : [];
    const previous = [...ended, ...stillValid(before.settings).filter((one) => one.secret !== secret)];
    if (previous.length > MAX_PREVIOUS) {
      throw conflict(`There are ${MAX_PREVIOUS} earlier secrets that are still valid: wait for one of them to end.`);
    }
    const settings = { ...before.settings, secret, previous_secrets: previous };
    const webhook = await this.consumers.update(before, settings, before.version);
    if (!webhook) throw conflict(`The webhook "${name}" was changed at the same time; try again.`, true);
    return { webhook: webhook as Webhook, secret, until: new Date(until) };
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

  private async mustBeInLog(scope: Scope, after: number): Promise<void> {
    const head = await this.log.head(scope);
    if (after > head) throw invalidAt('/after', `lies beyond the end of the log, which is ${head}`);
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
