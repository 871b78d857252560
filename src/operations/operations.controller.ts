import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { queryLimit } from '../api/schemas';
import type { Operation } from './operation';
import { operationSchema } from './operation.schemas';
import { OperationsService } from './operations.service';

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/operations/{id}',
  operationId: 'getOperation',
  audit: 'read',
  tag: 'Operations',
  summary: 'The state and progress of long work',
  description:
    'Poll it until `state` is `succeeded` or `failed`. `progress` counts `done` of `total` in `unit` while it runs; then `result` or `error` says what came of it.',
  access: 'read',
  params: z.object({ id: z.string().max(64) }),
  responses: { 200: operationSchema },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/operations',
  operationId: 'listOperations',
  audit: 'read',
  tag: 'Operations',
  summary: 'The newest long work',
  description:
    'Imports, rebuilds, comparisons, erasures and index builds of the project, newest first, with their state, progress and result.',
  access: 'read',
  query: z.strictObject({ limit: queryLimit(20, 1000) }),
  responses: { 200: z.object({ data: z.array(operationSchema) }) },
});

@Controller()
export class OperationsController {
  constructor(private readonly operations: OperationsService) {}

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    return presentOperation(await this.operations.get(caller.scope, params.id));
  }

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    return { data: (await this.operations.list(caller.scope, query.limit)).map(presentOperation) };
  }
}

export function presentOperation({ result, error, ...operation }: Operation): Record<string, unknown> {
  return {
    ...operation,
    ...(result === null ? {} : { result }),
    ...(error === null ? {} : { error }),
    created_at: operation.created_at.toISOString(),
    updated_at: operation.updated_at.toISOString(),
  };
}
