import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ProtocolError, ProtocolErrorCode, type CallToolResult, type Tool } from '@modelcontextprotocol/server';
import { Authenticator } from '../../auth/authenticator';
import { clientClosed, invalid, ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { forRequest } from '../../common/request-work';
import { span } from '../../common/tracing';
import { faultsOf } from '../rest/faults';
import { mustBeStorable } from '../rest/parse-json';
import { withOutcomeOf } from '../rest/outcome';
import { errorOf } from '../rest/problem';
import { shortSchema } from './json-schema';
import { parseTolerantly } from './tolerance';
import { Operations } from './operations';
import { toolsOf, type ToolDefinition, type ToolInput, type ToolOutput } from '../../api/tool';
import { faultOf, resultOf } from './tool-result';
import { LOGGER } from '../../telemetry/logger';
import type { Logger } from 'pino';

interface RegisteredTool {
  readonly definition: ToolDefinition;
  /** As `tools/list` shows it. */
  readonly shown: Tool;
  readonly handler: (input: ToolInput<ToolDefinition>) => Promise<ToolOutput>;
}

/** Every declared tool, and what each caller may see and call of them. */
@Injectable()
export class ToolRegistry implements OnModuleInit {
  private tools: RegisteredTool[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly authenticator: Authenticator,
    private readonly operations: Operations,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  onModuleInit(): void {
    this.tools = this.discovery
      .getProviders()
      .filter(({ instance }) => typeof instance === 'object' && instance !== null)
      .flatMap(({ instance }) => registered(instance as Provider));
  }

  /** In the order of declaration; of two with one name the one that may do more. */
  list(caller: Caller): Tool[] {
    return this.visibleTo(caller).map(({ shown }) => shown);
  }

  /** Faults of the call are results with `isError`. Throws a `ProtocolError` for a tool that the caller can't see. */
  async call(caller: Caller, signal: AbortSignal, name: string, args: unknown): Promise<CallToolResult> {
    const tool = this.visibleTo(caller).find(({ definition }) => definition.name === name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name.slice(0, 100)}`);
    const facts = () => ({ attributes: { 'mcp.method.name': 'tools/call', 'zerodb.tool': tool.definition.name } });
    try {
      return resultOf(
        await span(`tools/call ${tool.definition.name}`, facts, () => this.settled(tool, caller, signal, args)),
      );
    } catch (thrown) {
      // Work that is aborted with its caller throws arbitrary errors.
      const error = signal.aborted && !(thrown instanceof ZeroDbError) ? clientClosed() : errorOf(thrown);
      if (error.status === 500) this.log.error({ request_id: caller.requestId, err: error.cause }, 'unexpected error');
      return faultOf(error, caller.requestId);
    }
  }

  /** A tool may write by several operations: its outcome is that of all of them. */
  private async settled(tool: RegisteredTool, caller: Caller, signal: AbortSignal, args: unknown): Promise<ToolOutput> {
    if (tool.definition.annotations.readOnlyHint) return await this.run(tool, caller, signal, args);
    return await forRequest(null, null, async (request) => {
      try {
        return await this.run(tool, caller, signal, args);
      } catch (error) {
        throw signal.aborted && !(error instanceof ZeroDbError) ? error : withOutcomeOf(error, request);
      }
    });
  }

  private async run(
    { definition, handler }: RegisteredTool,
    caller: Caller,
    signal: AbortSignal,
    args: unknown,
  ): Promise<ToolOutput> {
    mustBeStorable(args);
    const parsed = parseTolerantly(definition.input, args ?? {});
    if (!parsed.success) {
      const faults = faultsOf(parsed.error.issues, 'body');
      throw invalid(`Wrong arguments: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`.trimEnd(), faults);
    }
    mustBeStorable(parsed.data);
    signal.throwIfAborted();
    return await handler({
      args: parsed.data,
      caller,
      signal,
      call: (operationId, input) => this.operations.call(caller, signal, operationId, input),
    });
  }

  private visibleTo(caller: Caller): RegisteredTool[] {
    const allowed = this.tools.filter(({ definition }) => this.authenticator.allows(caller, definition.access));
    return allowed.filter(
      ({ definition }) =>
        !allowed.some(
          (other) => other.definition.name === definition.name && asksForMore(other.definition, definition),
        ),
    );
  }
}

type Provider = Record<string, (input: ToolInput<ToolDefinition>) => Promise<ToolOutput>>;

const registered = (provider: Provider): RegisteredTool[] =>
  toolsOf(provider).map(({ definition, handler }) => ({
    definition,
    shown: shown(definition),
    handler: async (input) => {
      const output = await provider[handler]?.(input);
      if (!output) throw new Error(`The tool "${definition.name}" has no handler.`);
      return output;
    },
  }));

const shown = ({ name, description, input, output, annotations }: ToolDefinition): Tool => ({
  name,
  description,
  inputSchema: shortSchema(input) as Tool['inputSchema'],
  outputSchema: { ...output },
  annotations,
});

const RANK = { audit: -1, read: 0, write: 1, admin: 2 } as const;

const asksForMore = (one: ToolDefinition, other: ToolDefinition): boolean => RANK[one.access] > RANK[other.access];
