import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../../common/errors';
import { described, overview } from './describe';
import { Operations } from './operations';
import { defineTool, plain, stored, McpTool, type ToolInput, type ToolOutput } from '../../api/tool';

const USAGE = 'Without operation: lists them; without arguments: its schema.';

const input = z.strictObject({
  operation: z.string().optional(),
  arguments: z
    .strictObject({
      params: z.looseObject({}).optional(),
      query: z.looseObject({}).optional(),
      body: z.unknown().optional(),
    })
    .optional(),
});

const output = {
  type: 'object',
  properties: {
    operations: { type: 'object' },
    operation: { type: 'string' },
    arguments: { type: 'object' },
    result: {},
  },
};

/** For keys that only read: the operations that only read. */
const runReading = defineTool({
  name: 'run',
  description: `Every other reading operation (history, counts, events, services). ${USAGE}`,
  access: 'read',
  input,
  output,
  annotations: { readOnlyHint: true },
});

const run = defineTool({
  name: 'run',
  description: `Every other operation (make collections, history, undo, events, services). ${USAGE}`,
  access: 'write',
  input,
  output,
  annotations: { readOnlyHint: false, destructiveHint: true },
});

type Input = ToolInput<typeof run>;

/** The rest of the API behind one tool: found, described and called by name. */
@Injectable()
export class RunTools {
  constructor(private readonly operations: Operations) {}

  @McpTool(runReading)
  async runReading(asked: ToolInput<typeof runReading>): Promise<ToolOutput> {
    return await this.use(asked);
  }

  @McpTool(run)
  async use({ args, caller, signal }: Input): Promise<ToolOutput> {
    const { operation, arguments: given } = args;
    if (operation === undefined) {
      if (given) throw invalidAt('/operation', 'is needed with arguments');
      return plain({ operations: overview(this.operations.list(caller)) });
    }
    if (!given) return plain(described(this.operations.find(caller, operation)));
    const result = await this.operations.call(caller, signal, operation, given, '/arguments');
    return stored({ operation, result: result ?? null, ...degradationIn(result) });
  }
}

/** An answer's own word on who served it, where a client looks for it first. */
const degradationIn = (result: unknown): Record<string, unknown> => {
  if (typeof result !== 'object' || result === null) return {};
  const { degraded, degraded_reasons: reasons } = result as Record<string, unknown>;
  return degraded === undefined ? {} : { degraded, degraded_reasons: reasons ?? [] };
};
