import { z } from 'zod';
import { defineEndpoint, type EndpointInput } from '../../src/api/endpoint';

const Item = z.strictObject({ id: z.string().min(1).max(255), amount: z.number(), tags: z.array(z.string()).max(10) });
const Total = z.object({ name: z.string(), total: z.number(), tags: z.array(z.string()) });

/** A write with a body: about 1 kB, as the benchmark sends it. */
export const SUM = defineEndpoint({
  method: 'POST',
  path: '/v1/shape/{name}/sum',
  operationId: 'sumOfShape',
  audit: 'none',
  tag: 'Bench',
  summary: 'Adds amounts up.',
  access: 'write',
  params: z.object({ name: z.string().min(1).max(64) }),
  body: z.strictObject({ items: z.array(Item).min(1).max(100), note: z.string().max(1_000).optional() }),
  responses: { 200: Total },
});

/** A read without one. */
export const LOOK = defineEndpoint({
  method: 'GET',
  path: '/v1/shape/{name}',
  operationId: 'lookAtShape',
  audit: 'none',
  tag: 'Bench',
  summary: 'Repeats its parameters.',
  access: 'read',
  params: z.object({ name: z.string().min(1).max(64) }),
  query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(10) }),
  responses: { 200: z.object({ name: z.string(), limit: z.number() }) },
});

/** The handlers, the same for both shapes. */
export const sum = async ({ params, body }: EndpointInput<typeof SUM>): Promise<z.output<typeof Total>> =>
  await Promise.resolve({
    name: params.name,
    total: body.items.reduce((total, { amount }) => total + amount, 0),
    tags: [...new Set(body.items.flatMap(({ tags }) => tags))],
  });

export const look = async ({ params, query }: EndpointInput<typeof LOOK>): Promise<{ name: string; limit: number }> =>
  await Promise.resolve({ name: params.name, limit: query.limit });
