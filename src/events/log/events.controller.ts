import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { traceparentOf } from '../../telemetry/trace-context';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema, queryLimit } from '../../api/schemas';
import { eventSchema, offsetQuery, publishBody, receiptsSchema } from '../dto/event.schemas';
import { withOffset } from '../event';
import { CLOUD_EVENT_DECODERS } from './cloud-events';
import { EventsService } from './events.service';

const tag = 'Events';
const params = z.strictObject({ topic: nameSchema });

const publish = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/events',
  operationId: 'publishEvents',
  audit: 'write',
  tag,
  summary: 'Publish events, all or nothing',
  description:
    'Up to 1,000 events, stored in the order given. An event that repeats the `source` and `id` of one that the topic ' +
    'has is not stored again, and answered with the offset of the first. Also accepts CloudEvents 1.0: structured, batched, or in binary mode.',
  access: 'write',
  params,
  maxBodyBytes: BODY_BYTES.bulk,
  body: publishBody,
  decoders: CLOUD_EVENT_DECODERS,
  responses: { 200: receiptsSchema },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/events',
  operationId: 'listEvents',
  audit: 'read',
  tag,
  summary: 'Events after an offset, in order',
  description:
    'No event is ever stored before an offset that was returned: paging by `after` misses no event. The last page has a ' +
    '`next_cursor` too, for the events to come. 410 with `first_offset` when retention has removed events after `after`.',
  access: 'read',
  params,
  query: z.strictObject({ after: offsetQuery.default(0), limit: queryLimit(20, 1000) }),
  responses: { 200: listOf(eventSchema) },
});

@Controller()
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Endpoint(publish)
  async publish(
    @Input() { caller, params: { topic }, body, headers, signal }: EndpointInput<typeof publish>,
  ): Promise<unknown> {
    const traceparent = traceparentOf(headers.traceparent);
    return { data: await this.events.publish(caller.scope, topic, body.events, { traceparent, signal }) };
  }

  @Endpoint(list)
  async list(
    @Input() { caller, params: { topic }, query: { after, limit } }: EndpointInput<typeof list>,
  ): Promise<Reply> {
    const { events, hasMore, through } = await this.events.page(caller.scope, topic, after, limit + 1);
    const shown = events.slice(0, limit);
    const cursor = `"${hasMore ? (shown.at(-1)?.position ?? after) : Math.max(after, through)}"`;
    const data = shown.map(withOffset).join(',');
    const json = `{"data":[${data}],"has_more":${hasMore},"next_cursor":${cursor}}`;
    // As bytes: the events are JSON already.
    return new Reply(200, Buffer.from(json), { 'content-type': 'application/json; charset=utf-8' });
  }
}
