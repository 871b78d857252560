import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, fingerprintOf, pageOf } from '../common/paging';
import { operationSchema } from '../operations/operation.schemas';
import { presentOperation } from '../operations/operations.controller';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../api/endpoint';
import { listOf, pageQuery, recordIdSchema, timestamp } from '../api/schemas';
import { ErasureService } from './erasure.service';
import { SubjectsRepository, type Subject } from './subjects.repository';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/subjects',
  operationId: 'listSubjects',
  audit: 'read',
  tag: 'Memory',
  summary: 'The users of whom something is remembered, by id',
  description:
    'For finding whom to show or to erase: the `user_id` of memories, a page of at most `limit`; `next_cursor` continues it.',
  access: 'admin',
  query: pageQuery.extend({ prefix: z.string().max(255).default('') }),
  responses: { 200: listOf(z.object({ user_id: z.string(), last_recorded_at: timestamp })) },
});

const erase = defineEndpoint({
  method: 'DELETE',
  path: '/v1/subjects/{user_id}',
  operationId: 'eraseSubject',
  audit: 'admin',
  tag: 'Memory',
  summary: 'Erase a person',
  description:
    'Memories with their history, sessions, records whose metadata names the person as `user_id`, files and events, and ' +
    'their copies in every service. The operation’s result is the receipt; it succeeds only when every service has ' +
    'confirmed, and names what is pending until then.',
  access: 'write',
  params: z.object({ user_id: recordIdSchema }),
  responses: { 202: operationSchema },
});

@Controller()
export class SubjectsController {
  constructor(
    private readonly erasures: ErasureService,
    private readonly subjects: SubjectsRepository,
  ) {}

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { prefix, limit, after: cursor } = query;
    const print = fingerprintOf(['subjects', prefix]);
    const after = cursor === undefined ? undefined : String(decodeCursor(cursor, print, 1, 'query:after')[0]);
    const rows = await this.subjects.list(caller.scope, { prefix, limit: limit + 1, after });
    return pageOf(rows, limit, presentSubject, ({ user_id }) => [user_id], print);
  }

  @Endpoint(erase)
  async erase(@Input() { caller, params }: EndpointInput<typeof erase>): Promise<Reply> {
    const operation = await this.erasures.erase(caller.scope, params.user_id);
    return new Reply(202, presentOperation(operation), { location: `/v1/operations/${operation.id}` });
  }
}

const presentSubject = ({ user_id, last_recorded_at }: Subject) => ({
  user_id,
  last_recorded_at: last_recorded_at.toISOString(),
});
