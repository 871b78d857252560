import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { bodyLimit, nameSchema, timestamp } from '../../api/schemas';
import type { Consumer } from '../delivery/consumer';
import { eventSchema } from '../dto/event.schemas';
import { withOffset } from '../event';
import { GroupsService } from './groups.service';

const tag = 'Events';
const params = z.strictObject({ topic: nameSchema, group: nameSchema });
const leaseMs = z.int().min(100).max(3_600_000);
const offset = z.int().min(0);
const MAX_WAIT_MS = 20_000;

const groupSchema = z.object({ name: z.string(), created_at: timestamp });
z.globalRegistry.add(groupSchema, { id: 'ConsumerGroup' });

const poll = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/groups/{group}/poll',
  operationId: 'pollGroup',
  audit: 'write',
  kind: 'polls',
  tag,
  summary: 'Take the next events of a consumer group',
  description:
    'They are leased to the caller: no other member gets them, nor later events of the same keys, until they are ' +
    'committed or the lease ends. Uncommitted events are then delivered again. The first poll creates the group. 410 with ' +
    '`first_offset` when retention has removed events that the group has not committed; `seek` moves it on.',
  access: 'write',
  params,
  body: z
    .strictObject({
      limit: bodyLimit(100, 1000),
      lease_ms: leaseMs.default(30_000),
      wait_ms: z.int().min(0).max(MAX_WAIT_MS).default(0),
      consumer: z
        .string()
        .min(1)
        .max(128)
        .optional()
        .meta({ description: 'Members that name themselves share the keys.' }),
      start: z.enum(['earliest', 'latest']).default('earliest'),
    })
    .default({ limit: 100, lease_ms: 30_000, wait_ms: 0, start: 'earliest' }),
  responses: { 200: z.object({ data: z.array(eventSchema), lease: z.string().nullable() }) },
  // A poll is repeated anyway.
  idempotent: false,
  deadlineMs: MAX_WAIT_MS + 10_000,
});

const commit = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/groups/{group}/commit',
  operationId: 'commitGroup',
  audit: 'write',
  tag,
  summary: 'Commit leased events',
  description:
    'Commits the whole lease, or the events up to an offset; the others are delivered again. 409 when the lease is over.',
  access: 'write',
  params,
  body: z.strictObject({ lease: z.string().min(1).max(64), offset: offset.optional() }),
  responses: { 204: null },
});

const extend = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/groups/{group}/extend',
  operationId: 'extendGroupLease',
  audit: 'write',
  tag,
  summary: 'Extend a lease',
  description:
    'For work that takes longer than the lease: another `lease_ms` from now. 409 when the lease is over; its events are delivered again then.',
  access: 'write',
  params,
  body: z.strictObject({ lease: z.string().min(1).max(64), lease_ms: leaseMs }),
  responses: { 204: null },
});

const seek = defineEndpoint({
  method: 'POST',
  path: '/v1/topics/{topic}/groups/{group}/seek',
  operationId: 'seekGroup',
  audit: 'admin',
  tag,
  summary: 'Move a group to an offset, backwards or forwards',
  description:
    'The next poll takes the events after `offset`; 0 is the beginning of the topic. Leases end. 422 beyond the end of the log, ' +
    '410 with `first_offset` for an offset behind which retention has removed events.',
  access: 'write',
  params,
  body: z.strictObject({ offset }),
  responses: { 204: null },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/groups',
  operationId: 'listGroups',
  audit: 'read',
  tag,
  summary: 'The consumer groups of a topic (the first 1,000)',
  description:
    'Name and age of each group. Where one stands, and how far it is behind: `GET /v1/topics/{topic}/groups/{group}`.',
  access: 'read',
  params: z.strictObject({ topic: nameSchema }),
  responses: { 200: z.object({ data: z.array(groupSchema) }) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}/groups/{group}',
  operationId: 'getGroup',
  audit: 'read',
  tag,
  summary: 'A consumer group and its position',
  description:
    '`position` is the offset up to which everything is committed, `behind` how many events of the topic come after it.',
  access: 'read',
  params,
  responses: { 200: groupSchema.extend({ position: z.int(), behind: z.int() }) },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/topics/{topic}/groups/{group}',
  operationId: 'deleteGroup',
  audit: 'admin',
  tag,
  summary: 'Delete a consumer group',
  description:
    'Its position and its leases are gone; the events stay. The next poll with the same name creates a new group, from the beginning of the topic.',
  access: 'write',
  params,
  responses: { 204: null },
});

@Controller()
export class GroupsController {
  constructor(private readonly groups: GroupsService) {}

  @Endpoint(poll)
  async poll(@Input() { caller, params, body, signal }: EndpointInput<typeof poll>): Promise<Reply> {
    const { events, lease } = await this.groups.poll(caller.scope, params.topic, params.group, body, signal);
    const json = `{"data":[${events.map(withOffset).join(',')}],"lease":${JSON.stringify(lease)}}`;
    return new Reply(200, Buffer.from(json), { 'content-type': 'application/json; charset=utf-8' });
  }

  @Endpoint(commit)
  async commit(@Input() { caller, params, body }: EndpointInput<typeof commit>): Promise<void> {
    await this.groups.commit(caller.scope, params.topic, params.group, body.lease, body.offset);
  }

  @Endpoint(extend)
  async extend(@Input() { caller, params, body }: EndpointInput<typeof extend>): Promise<void> {
    await this.groups.extend(caller.scope, params.topic, params.group, body.lease, body.lease_ms);
  }

  @Endpoint(seek)
  async seek(@Input() { caller, params, body }: EndpointInput<typeof seek>): Promise<void> {
    await this.groups.seek(caller.scope, params.topic, params.group, body.offset);
  }

  @Endpoint(list)
  async list(@Input() { caller, params }: EndpointInput<typeof list>): Promise<unknown> {
    return { data: (await this.groups.list(caller.scope, params.topic)).map(present) };
  }

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    const { group, progress } = await this.groups.get(caller.scope, params.topic, params.group);
    return { ...present(group), position: progress.position, behind: progress.behind };
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params }: EndpointInput<typeof remove>): Promise<void> {
    await this.groups.delete(caller.scope, params.topic, params.group);
  }
}

const present = ({ name, createdAt }: Consumer): z.input<typeof groupSchema> => ({
  name: name.slice(name.indexOf('/') + 1),
  created_at: createdAt.toISOString(),
});
