import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, pageQuery, timestamp } from '../../api/schemas';
import { deadLetterSchema, pageOfLetters } from '../delivery/dead-letters.controller';
import { DeadLettersRepository } from '../delivery/dead-letters.repository';
import { brokerTopic } from '../dto/topic.schemas';
import type { Subscription } from './subscription';
import { SubscriptionsRepository } from './subscriptions.repository';
import { SubscriptionsRunner } from './subscriptions.runner';
import { SubscriptionsService } from './subscriptions.service';

const tag = 'Subscriptions';
const params = z.strictObject({ name: nameSchema });
const letterParams = params.extend({ id: z.string().regex(/^\d{1,15}$/, 'must be the number of a dead letter') });

const body = z.strictObject({
  source: z.strictObject({
    topic: brokerTopic,
    group: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 of A-Z a-z 0-9 . _ -')
      .optional(),
    start: z.enum(['earliest', 'latest']).default('earliest'),
  }),
  sink: z.looseObject({ kind: z.string().min(1).max(32) }).meta({
    description:
      '`{kind: "records", collection, id, text?, vector?, metadata?}` with paths into the event, such as `data.title`; ' +
      '`{kind: "webhook", url, secret, previous_secret}`.',
  }),
  max_attempts: z.int().min(1).max(100).default(8),
});

const subscriptionSchema = z.object({
  name: z.string(),
  source: z.object({ topic: z.string(), group: z.string(), start: z.string() }).meta({ id: 'SubscriptionSource' }),
  sink: z.record(z.string(), z.unknown()),
  max_attempts: z.int(),
  paused: z.boolean(),
  paused_reason: z.string().nullable(),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(subscriptionSchema, { id: 'Subscription' });
const standingSchema = subscriptionSchema.extend({
  offsets: z.array(z.object({ partition: z.int(), next: z.int() })),
  lag: z.int().nullable().meta({ description: 'Unprocessed messages, when this process reads it.' }),
});
z.globalRegistry.add(standingSchema, { id: 'SubscriptionStatus' });

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/subscriptions/{name}',
  operationId: 'putSubscription',
  audit: 'admin',
  tag,
  summary: "Read a broker's topic into a collection or a webhook",
  description: 'Each event takes effect once, by its id. Events that cannot be processed become dead letters.',
  access: 'admin',
  params,
  body,
  responses: { 200: subscriptionSchema, 201: subscriptionSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/subscriptions/{name}',
  operationId: 'getSubscription',
  audit: 'read',
  tag,
  summary: 'A subscription and its position',
  description:
    'Its settings, the offset of each partition up to which everything took effect, `lag` where this process reads it, and why it is paused if it is.',
  access: 'read',
  params,
  responses: { 200: standingSchema },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/subscriptions',
  operationId: 'listSubscriptions',
  audit: 'read',
  tag,
  summary: 'The subscriptions of the project, by name',
  description:
    'A page of at most `limit` with their settings; `next_cursor` continues it. Position and lag of one: `GET /v1/subscriptions/{name}`.',
  access: 'read',
  query: pageQuery,
  responses: { 200: listOf(subscriptionSchema) },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/subscriptions/{name}',
  operationId: 'deleteSubscription',
  audit: 'admin',
  tag,
  summary: 'Delete a subscription, with its dead letters',
  description:
    'It stops reading at once. What it wrote stays; its position and its dead letters are gone, and a new one of the same name begins anew.',
  access: 'admin',
  params,
  responses: { 204: null },
});

const pause = defineEndpoint({
  method: 'POST',
  path: '/v1/subscriptions/{name}/pause',
  operationId: 'pauseSubscription',
  audit: 'admin',
  tag,
  summary: 'Hold a subscription',
  description: 'It stops reading and keeps its position; the broker keeps the events as long as it is set to.',
  access: 'admin',
  params,
  responses: { 204: null },
});

const resume = defineEndpoint({
  method: 'POST',
  path: '/v1/subscriptions/{name}/resume',
  operationId: 'resumeSubscription',
  audit: 'admin',
  tag,
  summary: 'Resume a paused subscription from its position',
  description: 'It continues behind the last event that took effect, so that none is left out or taken twice.',
  access: 'admin',
  params,
  responses: { 204: null },
});

const deadLetters = defineEndpoint({
  method: 'GET',
  path: '/v1/subscriptions/{name}/dead-letters',
  operationId: 'listSubscriptionDeadLetters',
  audit: 'read',
  tag,
  summary: 'Events that a subscription could not process',
  description:
    'Each with its error and the event, oldest first. The subscription goes on behind them; replay or discard each when the cause is mended.',
  access: 'read',
  params,
  query: pageQuery,
  responses: { 200: listOf(deadLetterSchema) },
});

const replay = defineEndpoint({
  method: 'POST',
  path: '/v1/subscriptions/{name}/dead-letters/{id}/replay',
  operationId: 'replaySubscriptionDeadLetter',
  audit: 'admin',
  tag,
  summary: 'Retry a dead letter now',
  description:
    'Tries the event once more in the background. If it fails again it stays a dead letter, with the new error.',
  access: 'admin',
  params: letterParams,
  responses: { 204: null },
});

const drop = defineEndpoint({
  method: 'DELETE',
  path: '/v1/subscriptions/{name}/dead-letters/{id}',
  operationId: 'dropSubscriptionDeadLetter',
  audit: 'admin',
  tag,
  summary: 'Discard a dead letter',
  description: 'The event is given up: it takes no effect, and is not tried again.',
  access: 'admin',
  params: letterParams,
  responses: { 204: null },
});

@Controller()
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly repository: SubscriptionsRepository,
    private readonly letters: DeadLettersRepository,
    private readonly runner: SubscriptionsRunner,
  ) {}

  @Endpoint(put)
  async put(@Input() { caller, params: { name }, body }: EndpointInput<typeof put>): Promise<Reply> {
    const { subscription, created } = await this.subscriptions.put(caller, name, body);
    return new Reply(created ? 201 : 200, present(subscription));
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { name } }: EndpointInput<typeof get>): Promise<unknown> {
    const subscription = await this.subscriptions.find(caller.scope, name);
    const offsets = await this.repository.offsets(subscription);
    const shown = offsets.map(({ partition, next }) => ({ partition, next: Number(next) }));
    return { ...present(subscription), offsets: shown, lag: this.runner.lagOf(subscription.id) };
  }

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.subscriptions.list(caller.scope, query.limit, query.after);
    return { ...page, data: page.data.map(present) };
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params: { name } }: EndpointInput<typeof remove>): Promise<void> {
    await this.subscriptions.delete(caller.scope, name);
  }

  @Endpoint(pause)
  async pause(@Input() { caller, params: { name } }: EndpointInput<typeof pause>): Promise<void> {
    await this.subscriptions.setPaused(caller.scope, name, true);
  }

  @Endpoint(resume)
  async resume(@Input() { caller, params: { name } }: EndpointInput<typeof resume>): Promise<void> {
    await this.subscriptions.setPaused(caller.scope, name, false);
  }

  @Endpoint(deadLetters)
  async deadLetters(@Input() { caller, params: { name }, query }: EndpointInput<typeof deadLetters>): Promise<unknown> {
    const { id } = await this.subscriptions.find(caller.scope, name);
    return pageOfLetters(this.letters, caller.scope, { subscriptionId: id }, query);
  }

  @Endpoint(replay)
  async replay(@Input() { caller, params: { name, id } }: EndpointInput<typeof replay>): Promise<void> {
    await this.subscriptions.replay(caller.scope, name, Number(id));
  }

  @Endpoint(drop)
  async drop(@Input() { caller, params: { name, id } }: EndpointInput<typeof drop>): Promise<void> {
    await this.subscriptions.drop(caller.scope, name, Number(id));
  }
}

const SECRETS = ['secret', 'previous_secret'];

const present = (subscription: Subscription): z.input<typeof subscriptionSchema> => {
  const { source, sink, max_attempts } = subscription.settings;
  return {
    name: subscription.name,
    source,
    // The signing secrets are never returned again.
    sink: Object.fromEntries(Object.entries(sink).filter(([name]) => !SECRETS.includes(name))),
    max_attempts,
    paused: subscription.pausedAt !== null,
    paused_reason: subscription.pausedReason,
    version: subscription.version,
    created_at: subscription.createdAt.toISOString(),
    updated_at: subscription.updatedAt.toISOString(),
  };
};
