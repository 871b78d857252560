import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, pageQuery, secret, timestamp } from '../../api/schemas';
import { typePattern } from '../dto/topic.schemas';
import { SECRET_PATTERN } from './signature';
import { stillValid, type Webhook } from './webhook';
import { WebhooksService } from './webhooks.service';

const tag = 'Webhooks';
const params = z.strictObject({ name: nameSchema });

const webhookBody = z.strictObject({
  url: z.string().min(1).max(2048),
  topics: z
    .array(z.union([z.literal('*'), nameSchema]))
    .min(1)
    .max(100),
  types: z.array(typePattern).min(1).max(50).optional(),
  filter: z.record(z.string(), z.unknown()).optional().meta({ description: 'On the CloudEvent.' }),
  secret: z.string().regex(SECRET_PATTERN, 'must be whsec_ and base64 of 24 to 96 bytes').optional().meta({
    description: 'The signing secret. When absent it is generated and returned only once.',
  }),
  max_attempts: z.int().min(1).max(20).default(8),
  timeout_ms: z.int().min(100).max(10_000).default(5_000),
  pause_after: z.int().min(1).max(10_000).default(50).meta({ description: 'Failures in a row that pause it.' }),
  after: z.int().min(0).optional().meta({ description: 'The offset after which it begins. Default: now.' }),
});

const webhookSchema = z.object({
  name: z.string(),
  url: z.string(),
  topics: z.array(z.string()),
  types: z.array(z.string()).nullable(),
  filter: z.unknown().nullable(),
  max_attempts: z.int(),
  timeout_ms: z.int(),
  pause_after: z.int(),
  paused: z.boolean(),
  paused_reason: z.string().nullable(),
  previous_secrets_valid_until: z
    .array(timestamp)
    .meta({ description: 'The ends of earlier secrets that still sign, besides the present one.' }),
  secret: secret(
    z.string().optional().meta({ description: 'Only in the response that creates it, and not when that is replayed.' }),
  ),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(webhookSchema, { id: 'Webhook' });
const standingSchema = webhookSchema.extend({
  position: z.int(),
  behind: z.int(),
  last_error: z.string().nullable(),
});
z.globalRegistry.add(standingSchema, { id: 'WebhookStatus' });

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/webhooks/{name}',
  operationId: 'putWebhook',
  audit: 'admin',
  tag,
  summary: 'Create a webhook, or change its settings',
  description:
    'Each event is one POST of its CloudEvent, signed as Standard Webhooks are: `webhook-id`, `webhook-timestamp`, ' +
    '`webhook-signature`. In order per key. Without a 2xx response it is retried with back-off, then becomes a dead letter. ' +
    'Without `secret` the present one stays; another one replaces it at once: see `rotate-secret` for a change with an overlap.',
  access: 'write',
  params,
  body: webhookBody,
  responses: { 200: webhookSchema, 201: webhookSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/webhooks/{name}',
  operationId: 'getWebhook',
  audit: 'read',
  tag,
  summary: 'A webhook and its position',
  description:
    'Its settings, the offset up to which everything was delivered, how many events it is behind, and the last error.',
  access: 'read',
  params,
  responses: { 200: standingSchema },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  audit: 'read',
  tag,
  summary: 'The webhooks of the project, by name',
  description:
    'A page of at most `limit` with their settings, never their secrets; `next_cursor` continues it. Position and last error of one: `GET /v1/webhooks/{name}`.',
  access: 'read',
  query: pageQuery,
  responses: { 200: listOf(webhookSchema) },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/webhooks/{name}',
  operationId: 'deleteWebhook',
  audit: 'admin',
  tag,
  summary: 'Delete a webhook, with its dead letters',
  description:
    'Deliveries under way may still arrive. A new webhook of the same name begins with new events, unless its `after` says otherwise.',
  access: 'write',
  params,
  responses: { 204: null },
});

const pause = defineEndpoint({
  method: 'POST',
  path: '/v1/webhooks/{name}/pause',
  operationId: 'pauseWebhook',
  audit: 'admin',
  tag,
  summary: 'Pause a webhook; it resumes later from its position',
  description: 'Nothing is sent and nothing is lost: events wait in the topic as long as its retention keeps them.',
  access: 'write',
  params,
  responses: { 204: null },
});

const resume = defineEndpoint({
  method: 'POST',
  path: '/v1/webhooks/{name}/resume',
  operationId: 'resumeWebhook',
  audit: 'admin',
  tag,
  summary: 'Resume a paused webhook',
  description: 'Sends what has happened since it was paused, in order, and goes on from there.',
  access: 'write',
  params,
  responses: { 204: null },
});

const rotate = defineEndpoint({
  method: 'POST',
  path: '/v1/webhooks/{name}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  audit: 'admin',
  tag,
  summary: 'Replace the secret of a webhook, with an overlap',
  description:
    'From now on deliveries are signed with the new secret, and until the overlap ends with the one before, too: ' +
    '`webhook-signature` holds both signatures, separated by a space. Give the receiver the new secret meanwhile.',
  access: 'write',
  params,
  body: z
    .strictObject({
      secret: z.string().regex(SECRET_PATTERN, 'must be whsec_ and base64 of 24 to 96 bytes').optional().meta({
        description: 'The new secret. When absent it is generated.',
      }),
      overlap_seconds: z
        .int()
        .min(0)
        .max(30 * 86_400)
        .default(86_400)
        .meta({ description: 'How long the secret before stays valid.' }),
    })
    .prefault({}),
  responses: {
    200: z.object({
      name: z.string(),
      secret: secret(z.string().optional().meta({ description: 'The new secret; not in a replayed answer.' })),
      previous_secret_valid_until: timestamp,
    }),
  },
});

@Controller()
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Endpoint(put)
  async put(@Input() { caller, params: { name }, body }: EndpointInput<typeof put>): Promise<Reply> {
    const { webhook, created, secret } = await this.webhooks.put(caller.scope, name, body);
    return new Reply(created ? 201 : 200, { ...present(webhook), secret });
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { name } }: EndpointInput<typeof get>): Promise<unknown> {
    const { webhook, progress } = await this.webhooks.get(caller.scope, name);
    const { position, behind, error } = progress;
    return { ...present(webhook), position, behind, last_error: error };
  }

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.webhooks.list(caller.scope, query.limit, query.after);
    return { ...page, data: page.data.map(present) };
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params: { name } }: EndpointInput<typeof remove>): Promise<void> {
    await this.webhooks.delete(caller.scope, name);
  }

  @Endpoint(rotate)
  async rotate(@Input() { caller, params: { name }, body }: EndpointInput<typeof rotate>): Promise<unknown> {
    const wanted = { secret: body.secret, overlapSeconds: body.overlap_seconds };
    const { secret, until } = await this.webhooks.rotate(caller.scope, name, wanted);
    return { name, secret, previous_secret_valid_until: until.toISOString() };
  }

  @Endpoint(pause)
  async pause(@Input() { caller, params: { name } }: EndpointInput<typeof pause>): Promise<void> {
    await this.webhooks.setPaused(caller.scope, name, true);
  }

  @Endpoint(resume)
  async resume(@Input() { caller, params: { name } }: EndpointInput<typeof resume>): Promise<void> {
    await this.webhooks.setPaused(caller.scope, name, false);
  }
}

const present = (webhook: Webhook): z.input<typeof webhookSchema> => {
  const { url, topics, types, filter, max_attempts, timeout_ms, pause_after } = webhook.settings;
  return {
    name: webhook.name,
    url,
    topics: [...topics],
    types: types === null ? null : [...types],
    filter,
    max_attempts,
    timeout_ms,
    pause_after,
    paused: webhook.pausedAt !== null,
    paused_reason: webhook.pausedReason,
    previous_secrets_valid_until: stillValid(webhook.settings).map(({ until }) => new Date(until).toISOString()),
    version: webhook.version,
    created_at: webhook.createdAt.toISOString(),
    updated_at: webhook.updatedAt.toISOString(),
  };
};
