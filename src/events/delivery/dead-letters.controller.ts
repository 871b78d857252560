import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, pageQuery, timestamp } from '../../api/schemas';
import { TopicsService } from '../topics/topics.service';
import { DeadLettersRepository, type DeadLetter } from './dead-letters.repository';
import { DeliveryScheduler } from './delivery.scheduler';

const tag = 'Events';
const params = z.strictObject({
  topic: nameSchema,
  id: z.string().regex(/^\d{1,15}$/, 'must be the number of a dead letter'),
});

export const deadLetterSchema = z.object({
  id: z.string(),
  consumer: z.string().meta({ description: '`broker`, `webhook:<name>` or `subscription:<name>`.' }),
  state: z.enum(['dead', 'waiting', 'replay']),
  offset: z.int(),
  event_id: z.string(),
  key: z.string().nullable(),
  error: z.string(),
  event: z.unknown(),
  created_at: timestamp,
});
z.globalRegistry.add(deadLetterSchema, { id: 'DeadLetter' });

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/dead-letters',
  operationId: 'listDeadLetters',
  audit: 'read',
  tag,
  summary: 'Events of a topic that could not be delivered, and those of the same keys behind them',
  description:
    '`dead` could not be delivered; `waiting` has the same key as one before and is held back, so that the order stays; `replay` is about to be tried again.',
  access: 'read',
  params: z.strictObject({ topic: nameSchema }),
  query: pageQuery,
  responses: { 200: listOf(deadLetterSchema) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/dead-letters/{id}',
  operationId: 'getDeadLetter',
  audit: 'read',
  tag,
  summary: 'A dead letter',
  description:
    'The event as it was published, who could not take it, the last error, and whether it is dead itself or waits behind another.',
  access: 'read',
  params,
  responses: { 200: deadLetterSchema },
});

const replay = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/dead-letters/{id}/replay',
  operationId: 'replayDeadLetter',
  audit: 'write',
  tag,
  summary: 'Retry a dead letter, and then the events that wait behind it',
  description:
    'In the background, in the order of the key. If it fails again it stays a dead letter, with the new error.',
  access: 'write',
  params,
  responses: { 202: null },
});

const drop = defineEndpoint({
  method: 'DELETE',
  path: '/v1/topics/{topic}/dead-letters/{id}',
  operationId: 'dropDeadLetter',
  audit: 'write',
  tag,
  summary: 'Discard a dead letter; the events that wait behind it are delivered',
  description: 'That consumer never gets the event; other consumers are not concerned. Deliveries of its key go on.',
  access: 'write',
  params,
  responses: { 204: null },
});

const FINGERPRINT = fingerprintOf('dead-letters');

@Controller()
export class DeadLettersController {
  constructor(
    private readonly topics: TopicsService,
    private readonly letters: DeadLettersRepository,
    private readonly scheduler: DeliveryScheduler,
  ) {}

  @Endpoint(list)
  async list(@Input() { caller, params: { topic }, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { id: topicId } = await this.topics.resolve(caller.scope, topic);
    return pageOfLetters(this.letters, caller.scope, { topicId }, query);
  }

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return presentLetter(await this.find(caller.scope, params));
  }

  @Endpoint(replay)
  async replay(@Input() { caller, params }: EndpointInput<typeof replay>): Promise<void> {
    await this.letters.replay(caller.scope, (await this.find(caller.scope, params)).id);
    this.scheduler.wake();
  }

  @Endpoint(drop)
  async drop(@Input() { caller, params }: EndpointInput<typeof drop>): Promise<void> {
    await this.letters.drop(caller.scope, (await this.find(caller.scope, params)).id);
    this.scheduler.wake();
  }

  private async find(scope: Scope, { topic, id }: { topic: string; id: string }): Promise<DeadLetter> {
    await this.topics.resolve(scope, topic);
    const letter = await this.letters.find(scope, Number(id));
    if (letter?.topic !== topic) throw notFound('dead letter', id);
    return letter;
  }
}

export const pageOfLetters = async (
  letters: DeadLettersRepository,
  scope: Scope,
  of: { readonly topicId?: number; readonly subscriptionId?: number },
  query: { readonly limit: number; readonly after?: string | undefined },
): Promise<unknown> => {
  const [after] = query.after === undefined ? [0] : decodeCursor(query.after, FINGERPRINT, 1, 'query:after');
  const rows = await letters.list(scope, of, query.limit + 1, Number(after));
  return pageOf(rows, query.limit, presentLetter, ({ id }) => [id], FINGERPRINT);
};

export const presentLetter = (letter: DeadLetter): z.input<typeof deadLetterSchema> => ({
  id: String(letter.id),
  consumer: letter.consumer,
  state: letter.state,
  offset: letter.position,
  event_id: letter.event_id,
  key: letter.key,
  error: letter.error,
  event: jsonOr(letter.body),
  created_at: letter.created_at.toISOString(),
});

/** A message of a foreign broker topic may have any content. */
const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};
