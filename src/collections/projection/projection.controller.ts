import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { operationSchema } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { nameSchema } from '../../api/schemas';
import { projectionAnswer } from '../dto/projection.schemas';
import { ProjectionService, type ColouredProjection } from './projection.service';

const path = '/v1/collections/{collection}/projection';
const params = z.object({ collection: nameSchema });
const tag = 'Collections';

const make = defineEndpoint({
  method: 'POST',
  path,
  operationId: 'makeProjection',
  audit: 'write',
  tag,
  summary: 'Project a collection’s vectors into the plane',
  description:
    'A long operation: poll it, then get the projection. A sample of at most 5,000 records (fewer of more than ' +
    '1,677 dimensions) is projected to its two principal components. Does nothing when no record has changed since.',
  access: 'write',
  params,
  responses: { 202: operationSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path,
  operationId: 'getProjection',
  audit: 'read',
  kind: 'analysis',
  tag,
  summary: 'A collection’s vectors in the plane',
  description: 'The last one; without one it is computed first, which takes seconds.',
  access: 'read',
  params,
  query: z.strictObject({
    color_by: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .meta({ description: 'A metadata field; each point has its current value, strings up to 100 characters.' }),
  }),
  responses: { 200: projectionAnswer },
  deadlineMs: 60_000,
});

/** Whoever wants to see how a collection’s vectors lie. */
@Controller()
export class ProjectionController {
  constructor(private readonly projections: ProjectionService) {}

  @Endpoint(make)
  async make(@Input() { caller, params: { collection } }: EndpointInput<typeof make>): Promise<Reply> {
    const operation = await this.projections.begin(caller.scope, collection);
    return new Reply(202, presentOperation(operation), { location: `/v1/operations/${operation.id}` });
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { collection }, query }: EndpointInput<typeof get>): Promise<unknown> {
    return present(await this.projections.current(caller.scope, collection, query.color_by), query.color_by);
  }
}

function present({ projection, values }: ColouredProjection, colourBy?: string): z.input<typeof projectionAnswer> {
  const { ids, coordinates, explained, records, madeAt } = projection;
  const rounded = (at: number): number => Math.round((coordinates[at] ?? 0) * 10_000) / 10_000;
  return {
    records,
    explained: [...explained],
    made_at: madeAt.toISOString(),
    points: ids.map((id, index) => ({
      id,
      x: rounded(index * 2),
      y: rounded(index * 2 + 1),
      ...(colourBy === undefined ? {} : { value: values.get(id) ?? null }),
    })),
  };
}
