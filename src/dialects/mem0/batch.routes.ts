import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { MemoryService } from '../../memory/memory.service';
import { Mem0Memories } from './memories';
import { telling, writing } from './route';
import { batchDeleteBody, batchUpdateBody, feedbackBody } from './schemas';

const many = { ...writing, path: '/v1/batch/', maxBodyBytes: BODY_BYTES.many } as const;

const update = defineEndpoint({ ...many, method: 'PUT', operationId: 'mem0BatchUpdate', body: batchUpdateBody });
const remove = defineEndpoint({ ...many, method: 'DELETE', operationId: 'mem0BatchDelete', body: batchDeleteBody });
const feedback = defineEndpoint({
  ...telling,
  method: 'POST',
  path: '/v1/feedback/',
  operationId: 'mem0Feedback',
  body: feedbackBody,
});

/** Many memories at once, one after the other; what the platform collects opinions with is accepted, and kept nowhere. */
@Injectable()
export class BatchRoutes {
  constructor(
    private readonly memories: MemoryService,
    private readonly mem0: Mem0Memories,
  ) {}

  @Endpoint(update)
  async update({ caller, body, signal }: EndpointInput<typeof update>): Promise<unknown> {
    await this.mem0.updateAll(caller.scope, body.memories, signal);
    return { message: `Successfully updated ${body.memories.length} memories` };
  }

  @Endpoint(remove)
  async remove({ caller, body, signal }: EndpointInput<typeof remove>): Promise<unknown> {
    await this.mem0.forgetEach(caller.scope, body.memories, signal);
    return { message: `Successfully deleted ${body.memories.length} memories` };
  }

  @Endpoint(feedback)
  async feedback({ caller, body }: EndpointInput<typeof feedback>): Promise<unknown> {
    await this.memories.get(caller.scope, body.memory_id);
    const { memory_id: id, feedback: said = null, feedback_reason: reason = null } = body;
    return { id, feedback: said, feedback_reason: reason };
  }
}
