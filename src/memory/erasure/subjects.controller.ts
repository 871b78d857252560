import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { operationSchema, presentOperation } from '../../operations/operations.controller';
import { Endpoint, Input } from '../../transports/rest/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../transports/rest/endpoint';
import { recordIdSchema } from '../../transports/rest/schemas';
import { ErasureService } from './erasure.service';

const erase = defineEndpoint({
  method: 'DELETE',
  path: '/v1/subjects/{user_id}',
  operationId: 'eraseSubject',
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
  constructor(private readonly erasures: ErasureService) {}

  @Endpoint(erase)
  async erase(@Input() { caller, params }: EndpointInput<typeof erase>): Promise<Reply> {
    const operation = await this.erasures.erase(caller.scope, params.user_id);
    return new Reply(202, presentOperation(operation), { location: `/v1/operations/${operation.id}` });
  }
}
