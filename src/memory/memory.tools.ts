import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineTool, plain, stored, McpTool, type ToolInput, type ToolOutput } from '../api/tool';
import { MEMORY_KINDS } from './memory';

/** What fields may hold is decided by the REST operation that each tool calls: here stands what a model has to know. */
const scope = {
  user_id: z.string().optional(),
  agent_id: z.string().optional(),
  session_id: z.string().optional(),
};

const date = z.string().optional();

const remember = defineTool({
  name: 'remember',
  description:
    'Keep facts, preferences, events for later sessions. Give content (one self-contained sentence) or messages, and a ' +
    'user_id, agent_id or session_id. Repeats add nothing; a contradiction supersedes the older fact.',
  access: 'write',
  input: z.strictObject({
    content: z.string().optional(),
    messages: z.array(z.looseObject({ role: z.string() })).optional(),
    kind: z.enum(MEMORY_KINDS).optional(),
    ...scope,
    valid_from: date,
    metadata: z.looseObject({}).optional(),
  }),
  output: {
    type: 'object',
    properties: {
      data: {
        type: 'array',
        items: { type: 'object', properties: { id: { type: ['string', 'null'] }, status: { type: 'string' } } },
      },
    },
    required: ['data'],
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
});

const recall = defineTool({
  name: 'recall',
  description: 'Find memories by meaning, words and time, before answering. Same scope ids as remember.',
  access: 'read',
  input: z.strictObject({
    query: z.string(),
    ...scope,
    scope: z.enum(['all', 'any']).optional(),
    limit: z.int().min(1).max(100).optional(),
    as_of: date.describe('RFC 3339: memories valid then'),
    filter: z.looseObject({}).optional(),
  }),
  output: {
    type: 'object',
    properties: {
      results: {
        type: 'array',
        items: {
          type: 'object',
          properties: { id: { type: 'string' }, content: { type: 'string' }, score: { type: 'number' } },
        },
      },
      degraded: { type: 'boolean' },
    },
    required: ['results'],
  },
  annotations: { readOnlyHint: true },
});

const forget = defineTool({
  name: 'forget',
  description: 'Erase one memory by id.',
  access: 'write',
  input: z.strictObject({ id: z.string() }),
  output: { type: 'object', properties: { forgotten: { type: 'string' } }, required: ['forgotten'] },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
});

/** Memory for agents, as MCP tools. */
@Injectable()
export class MemoryTools {
  @McpTool(remember)
  async remember({ args, call }: ToolInput<typeof remember>): Promise<ToolOutput> {
    return stored((await call('addMemories', { body: args })) as Record<string, unknown>);
  }

  @McpTool(recall)
  async recall({ args, call }: ToolInput<typeof recall>): Promise<ToolOutput> {
    const { results, ...answer } = (await call('searchMemories', { body: args })) as MemoryAnswer;
    return stored({ ...answer, results: results.map(briefly) });
  }

  @McpTool(forget)
  async forget({ args, call }: ToolInput<typeof forget>): Promise<ToolOutput> {
    await call('deleteMemory', { params: args });
    return plain({ forgotten: args.id });
  }
}

interface MemoryAnswer extends Record<string, unknown> {
  readonly results: Record<string, unknown>[];
}

/** Bookkeeping that helps no answer and costs tokens. */
const LEFT_OUT = new Set(['recorded_at', 'updated_at', 'version', 'embedded', 'confidence', 'importance']);

const briefly = (memory: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(memory).filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && !isEmpty(value)),
  );

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
