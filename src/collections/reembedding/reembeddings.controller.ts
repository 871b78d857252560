import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { beginReembeddingBody, reembeddedName, reembeddingSchema } from '../dto/reembedding.schemas';
import { ReembeddingsService, type ShownReembedding } from './reembeddings.service';

const path = '/v1/collections/{collection}/reembeddings';
const params = z.object({ collection: reembeddedName });
const tag = 'Collections';
const SWITCH_DEADLINE_MS = 15_000;

const begin = defineEndpoint({
  method: 'POST',
  path,
  operationId: 'beginReembedding',
  audit: 'admin',
  tag,
  summary: 'Re-embed a collection with another model',
  description:
    'Fills a hidden twin of the collection, which keeps serving; changes are carried over meanwhile. `@memories` ' +
    'names the project’s memories. 200 when the same one already exists.',
  access: 'write',
  params,
  body: beginReembeddingBody,
  responses: { 200: reembeddingSchema, 202: reembeddingSchema },
  deadlineMs: SWITCH_DEADLINE_MS,
});

const get = defineEndpoint({
  method: 'GET',
  path,
  operationId: 'getReembedding',
  audit: 'read',
  tag,
  summary: 'The progress of a re-embedding',
  description:
    'How many records have a vector of the new model, whether it may be switched to, and how the answers of the two models agree.',
  access: 'read',
  params,
  responses: { 200: reembeddingSchema },
});

const switchOver = defineEndpoint({
  method: 'POST',
  path: `${path}/switch`,
  operationId: 'switchReembedding',
  audit: 'admin',
  tag,
  summary: 'Switch to the new model',
  description: 'Atomic for reads and writes. The old model stays in sync, so that a rollback loses nothing.',
  access: 'write',
  params,
  responses: { 200: reembeddingSchema },
  deadlineMs: SWITCH_DEADLINE_MS,
});

const rollback = defineEndpoint({
  method: 'POST',
  path: `${path}/rollback`,
  operationId: 'rollBackReembedding',
  audit: 'admin',
  tag,
  summary: 'Roll back to the previous model',
  description:
    'The earlier model serves again at once, with everything that was written since: its vectors were kept in sync. Possible until the twin is dropped.',
  access: 'write',
  params,
  responses: { 200: reembeddingSchema },
  deadlineMs: SWITCH_DEADLINE_MS,
});

const drop = defineEndpoint({
  method: 'DELETE',
  path,
  operationId: 'dropReembedding',
  audit: 'admin',
  tag,
  summary: 'Drop the twin that does not serve',
  description: 'Before a switch this cancels the re-embedding; after it, a rollback is no longer possible.',
  access: 'write',
  params,
  responses: { 204: null },
  deadlineMs: SWITCH_DEADLINE_MS,
});

/** Whoever works with embedding models: beginning, watching, switching, rolling back. */
@Controller()
export class ReembeddingsController {
  constructor(private readonly reembeddings: ReembeddingsService) {}

  @Endpoint(begin)
  async begin(@Input() { caller, params: { collection }, body }: EndpointInput<typeof begin>): Promise<Reply> {
    const { shown, created } = await this.reembeddings.begin(caller.scope, collection, body.model);
    return new Reply(created ? 202 : 200, present(shown));
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { collection } }: EndpointInput<typeof get>): Promise<unknown> {
    return present(await this.reembeddings.get(caller.scope, collection));
  }

  @Endpoint(switchOver)
  async switch(
    @Input() { caller, params: { collection }, signal }: EndpointInput<typeof switchOver>,
  ): Promise<unknown> {
    return present(await this.reembeddings.switch(caller.scope, collection, signal));
  }

  @Endpoint(rollback)
  async rollback(
    @Input() { caller, params: { collection }, signal }: EndpointInput<typeof rollback>,
  ): Promise<unknown> {
    return present(await this.reembeddings.rollback(caller.scope, collection, signal));
  }

  @Endpoint(drop)
  async drop(@Input() { caller, params: { collection } }: EndpointInput<typeof drop>): Promise<void> {
    await this.reembeddings.drop(caller.scope, collection);
  }
}

const present = (shown: ShownReembedding): z.input<typeof reembeddingSchema> => ({
  id: shown.id,
  collection: shown.name,
  from_model: shown.fromModel,
  to_model: shown.toModel,
  state: shown.switched ? 'switched' : shown.state,
  progress: { done: shown.filled, total: shown.total, unit: 'records' },
  backlog: shown.backlog,
  comparison: shown.comparison,
  last_error: shown.lastError,
  switched_at: shown.switchedAt?.toISOString() ?? null,
  created_at: shown.createdAt.toISOString(),
  updated_at: shown.updatedAt.toISOString(),
});
