import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { invalid } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { GuardedClient, urlFault } from '../../common/ssrf';
import { eventsConfig, type EventsSettings } from '../../config';
import { Database, type Executor } from '../../database/database.port';
import { deliveryId } from '../webhooks/delivery-id';
import { SECRET_PATTERN, sign } from '../webhooks/signature';
import { EventSinks, type EventSink, type SinkEvent } from './event-sinks';

const secretSchema = z.string().regex(SECRET_PATTERN, 'must be whsec_ and base64 of 24 to 96 bytes');

const settingsSchema = z.strictObject({
  kind: z.literal('webhook'),
  url: z.string().min(1).max(2048),
  secret: secretSchema,
  /** Signs as well, while the receiver changes its secret. */
  previous_secret: secretSchema.optional(),
  timeout_ms: z.int().min(100).max(10_000).default(5_000),
});

/** Events are POSTed one by one, signed. A repeat carries the same `webhook-id`. */
@Injectable()
export class WebhookSink implements EventSink, OnModuleInit, OnApplicationShutdown {
  readonly kind = 'webhook';
  private readonly client: GuardedClient;
  private readonly allowPrivate: boolean;

  constructor(
    private readonly sinks: EventSinks,
    private readonly database: Database,
    @Inject(eventsConfig.KEY) settings: EventsSettings,
  ) {
    this.allowPrivate = settings.privateAddresses === 'allow';
    this.client = new GuardedClient({ allowPrivate: this.allowPrivate });
  }

  onModuleInit(): void {
    this.sinks.register(this);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }

  async validate(_scope: Scope, settings: Readonly<Record<string, unknown>>): Promise<void> {
    const result = settingsSchema.safeParse(settings);
    const faults = (result.error?.issues ?? []).map((issue) => ({
      path: `/sink/${issue.path.map(String).join('/')}`,
      message: issue.message,
    }));
    const refused = result.data && urlFault(result.data.url, { allowPrivate: this.allowPrivate });
    if (refused) faults.push({ path: '/sink/url', message: refused });
    if (faults.length > 0) throw invalid('The sink is invalid.', faults);
  }

  async apply(
    scope: Scope,
    raw: Readonly<Record<string, unknown>>,
    events: readonly SinkEvent[],
    settle: (tx: Executor) => Promise<void>,
  ): Promise<void> {
    const { url, secret, previous_secret: previous, timeout_ms: timeoutMs } = settingsSchema.parse(raw);
    const secrets = previous === undefined ? [secret] : [secret, previous];
    for (const { id, document } of events) {
      const body = JSON.stringify(document);
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        ...sign(secrets, deliveryId(id, sourceIn(document)), body),
      };
      const { status } = await this.client.post(url, { headers, body, timeoutMs, cause: causeOf(document) });
      if (status < 200 || status >= 300) throw new Error(`The receiver answered ${status}.`);
    }
    await this.database.transaction(scope, settle);
  }
}

const sourceIn = ({ source }: SinkEvent['document']): string | undefined =>
  typeof source === 'string' ? source : undefined;

const causeOf = ({ traceparent }: SinkEvent['document']): string | undefined =>
  typeof traceparent === 'string' ? traceparent : undefined;
