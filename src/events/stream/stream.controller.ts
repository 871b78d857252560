import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../../common/errors';
import { isNestedTooDeep } from '../../common/nesting';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { peerOf } from '../../api/http2-stream';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { nameSchema } from '../../api/schemas';
import { offsetQuery } from '../dto/event.schemas';
import { EventLog } from '../log/event-log';
import { TopicsService } from '../topics/topics.service';
import { parseEventFilter, type EventSelection } from './event-selection';
import { LiveConnections } from './live-connections';
import { LogSubscription } from './log-subscription';
import { LogTail } from './log-tail';
import { SseStream } from './sse-stream';

const stream = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/stream',
  operationId: 'streamEvents',
  audit: 'read',
  kind: 'free',
  tag: 'Events',
  summary: 'Events as they happen, as server-sent events',
  description:
    'The `id` of each is its offset: a client that reconnects with `Last-Event-ID` misses no events and gets none twice. ' +
    'Without that and without `after` it begins with the next published event. When retention has removed events that the ' +
    'client has not seen, an event of the type `reset` comes first: `{"first_offset", "after"}`.',
  access: 'read',
  params: z.strictObject({ topic: nameSchema }),
  query: z.strictObject({
    after: offsetQuery.optional(),
    types: z.string().min(1).max(2000).optional().meta({ description: 'Types, or `order.*`; comma-separated.' }),
    filter: z.string().min(2).max(8000).optional().meta({ description: 'A filter on the CloudEvent, as JSON.' }),
  }),
  responses: { 200: 'text/event-stream' },
  deadlineMs: null,
});

@Controller()
export class StreamController {
  constructor(
    private readonly topics: TopicsService,
    private readonly log: EventLog,
    private readonly tail: LogTail,
    private readonly connections: LiveConnections,
  ) {}

  @Endpoint(stream)
  async stream(@Input() { caller, params, query, headers, raw }: EndpointInput<typeof stream>): Promise<Reply> {
    const topic = await this.topics.resolve(caller.scope, params.topic);
    const selection = selectionOf(query);
    const given = lastEventId(headers['last-event-id']) ?? query.after;
    const after = given ?? (await this.log.head(caller.scope));
    const body = new SseStream(selection);
    const place = { scope: caller.scope, topicIds: [topic.id], after, isNow: given === undefined };
    const subscription = new LogSubscription({ log: this.log, tail: this.tail }, place, body);
    const remove = this.connections.add({ caller, beat: () => body.beat(), end: () => body.end() });
    body.onDrain = () => subscription.resume();
    body.onGone = () => {
      subscription.close();
      remove();
    };
    // Nothing else detects a client that disconnected before the response began.
    if (peerOf(raw.raw).destroyed) body.destroy();
    else subscription.start();
    return new Reply(200, body, { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
  }
}

const lastEventId = (header: string | undefined): number | undefined => {
  if (header === undefined || header === '') return undefined;
  if (!/^\d{1,15}$/.test(header)) throw invalidAt('header:last-event-id', 'must be an offset: a whole number');
  return Number(header);
};

export const selectionOf = (query: { types?: string | undefined; filter?: string | undefined }): EventSelection => ({
  types: query.types?.split(','),
  filter: query.filter === undefined ? undefined : parseEventFilter(jsonOf(query.filter), 'query:filter'),
});

const jsonOf = (text: string): unknown => {
  try {
    if (isNestedTooDeep(text)) throw new Error('nested too deep');
    return JSON.parse(text) as unknown;
  } catch {
    throw invalidAt('query:filter', 'must be JSON');
  }
};
