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
  tag,
  summary: 'Embed a collection anew, by another model',
  description:
    'Fills a hidden twin behind the collection, which serves on; changes are carried over while it runs. `@memories` ' +
    'names the project’s memories. 200 when the same one is there already.',
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
  tag,
  summary: 'How far the re-embedding of a collection is',
  access: 'read',
  params,
  responses: { 200: reembeddingSchema },
});

const switchOver = defineEndpoint({
  method: 'POST',
  path: `${path}/switch`,
  operationId: 'switchReembedding',
  tag,
  summary: 'Let the new model serve',
  description: 'At once, for reads and writes together. The old one stays level, so that a rollback loses nothing.',
  access: 'write',
  params,
  responses: { 200: reembeddingSchema },
  deadlineMs: SWITCH_DEADLINE_MS,
});

const rollback = defineEndpoint({
  method: 'POST',
  path: `${path}/rollback`,
  operationId: 'rollBackReembedding',
  tag,
  summary: 'Let the model from before serve again',
  access: 'write',
  params,
  responses: { 200: reembeddingSchema },
  deadlineMs: SWITCH_DEADLINE_MS,
});

const drop = defineEndpoint({
  method: 'DELETE',
  path,
  operationId: 'dropReembedding',
  tag,
  summary: 'Drop the twin that does not serve',
  description: 'Before a switch this gives the re-embedding up; after it, it ends the chance of a rollback.',
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
