import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { recordIdSchema } from '../../api/schemas';
import { appendAnswer, appendBody, windowAnswer, windowQuery } from '../dto/session.schemas';
import { SessionsService } from './sessions.service';

const params = z.object({ session: recordIdSchema });

const append = defineEndpoint({
  method: 'POST',
  path: '/v1/sessions/{session}/messages',
  operationId: 'appendMessages',
  audit: 'write',
  kind: 'memory',
  tag: 'Memory',
  summary: 'Append messages to a session',
  description:
    'They are kept in order, are searchable memories, and state facts. Sending a conversation again adds nothing.',
  access: 'write',
  params,
  maxBodyBytes: BODY_BYTES.bulk,
  body: appendBody,
  responses: { 200: appendAnswer },
  deadlineMs: 10_000,
});

const window = defineEndpoint({
  method: 'GET',
  path: '/v1/sessions/{session}/messages',
  operationId: 'getMessages',
  audit: 'read',
  tag: 'Memory',
  summary: 'The latest messages of a session',
  description: 'In chronological order; `before` pages back in time.',
  access: 'read',
  params,
  query: windowQuery,
  responses: { 200: windowAnswer },
});

@Controller()
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Endpoint(append)
  async append(@Input() { caller, params: { session }, body, signal }: EndpointInput<typeof append>): Promise<unknown> {
    return await this.sessions.append(caller.scope, session, body, signal);
  }

  @Endpoint(window)
  async window(@Input() { caller, params: { session }, query }: EndpointInput<typeof window>): Promise<unknown> {
    return await this.sessions.window(caller.scope, session, query);
  }
}
