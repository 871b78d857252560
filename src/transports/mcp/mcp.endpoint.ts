import { z } from 'zod';
import { defineEndpoint } from '../../api/endpoint';
import { problemSchema } from '../../api/schemas';

/** Tools end by the deadlines of the operations they call; this one is for what is left. */
const DEADLINE_MS = 60_000;

const id = z.union([z.string(), z.int()]).nullable();

/** A request has `id` and `method`, a notification only `method`. */
const message = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    id: id.optional(),
    method: z.string(),
    params: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'McpMessage', description: 'JSON-RPC 2.0, as the Model Context Protocol defines it.' });

const answer = z
  .looseObject({
    jsonrpc: z.literal('2.0'),
    id: id.optional(),
    result: z.record(z.string(), z.unknown()).optional(),
    error: z.looseObject({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
  })
  .meta({ id: 'McpAnswer', description: 'JSON-RPC 2.0: a `result` or an `error`.' });

/** Faults of the protocol have its form; those of HTTP, such as a wrong key, are problems. */
const fault = { 'application/json': answer, 'application/problem+json': problemSchema };

export const mcpEndpoint = defineEndpoint({
  method: 'POST',
  path: '/mcp',
  operationId: 'mcp',
  audit: 'read',
  kind: 'envelopes',
  tag: 'MCP',
  summary: 'The Model Context Protocol',
  description:
    'Streamable HTTP without sessions: one message, or an array of them, for MCP clients. Faults of a message are in the answer; see docs/mcp.md.',
  access: 'read',
  body: { stream: 'application/json' },
  idempotent: 'refused',
  responses: { 200: 'application/json' },
  documented: {
    request: { 'application/json': z.union([message, z.array(message)]) },
    responses: {
      200: { 'application/json': z.union([answer, z.array(answer)]), 'text/event-stream': 'text' },
      202: null,
      '4XX': fault,
    },
  },
  deadlineMs: DEADLINE_MS,
});
