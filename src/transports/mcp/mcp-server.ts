import { Inject, Injectable } from '@nestjs/common';
import { ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import type { Caller } from '../../common/scope';
import { errorOf } from '../rest/problem';
import { endOf } from './end-of-call';
import { Prompts } from './prompts';
import { Resources } from './resources';
import { SERVER_OPTIONS, serverInfo } from './server-info';
import { ToolRegistry } from './tool-registry';
import { LOGGER } from '../../telemetry/logger';
import type { Logger } from 'pino';

const MAX_COMPLETIONS = 100;

/** Makes the server of one exchange: the SDK's protocol around our registry, for one caller. */
@Injectable()
export class McpServers {
  constructor(
    private readonly tools: ToolRegistry,
    private readonly resources: Resources,
    private readonly prompts: Prompts,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  create(caller: Caller, hangUp: AbortSignal): Server {
    const server = new Server(serverInfo(), SERVER_OPTIONS);
    const until = (signal: AbortSignal): AbortSignal => endOf(signal, hangUp);
    server.setRequestHandler('tools/list', () => ({ tools: this.tools.list(caller) }));
    server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) =>
      this.tools.call(caller, until(mcpReq.signal), params.name, params.arguments),
    );
    this.serveResources(server, caller, until);
    server.setRequestHandler('prompts/list', () => ({ prompts: this.prompts.list() }));
    server.setRequestHandler('prompts/get', async ({ params }, { mcpReq }) =>
      this.found(caller, () => this.prompts.get(caller, until(mcpReq.signal), params.name, params.arguments ?? {})),
    );
    return server;
  }

  private serveResources(server: Server, caller: Caller, until: (signal: AbortSignal) => AbortSignal): void {
    server.setRequestHandler('resources/list', async ({ params }, { mcpReq }) =>
      this.found(caller, () => this.resources.list(caller, until(mcpReq.signal), params?.cursor)),
    );
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: this.resources.templates() }));
    server.setRequestHandler('resources/read', async ({ params }, { mcpReq }) =>
      this.found(caller, () => this.resources.read(caller, until(mcpReq.signal), params.uri)),
    );
    server.setRequestHandler('completion/complete', async ({ params: { argument } }, { mcpReq }) => {
      const found = await this.found(caller, () =>
        this.resources.complete(caller, until(mcpReq.signal), argument.name, argument.value),
      );
      return { completion: { values: found.slice(0, MAX_COMPLETIONS), hasMore: found.length > MAX_COMPLETIONS } };
    });
  }

  /** Where there is no result that could say so, a fault is a JSON-RPC error with the problem in its data. */
  private async found<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (thrown instanceof ProtocolError) throw thrown;
      const { status, code, message, faults, retryable, cause } = errorOf(thrown);
      if (status === 500) this.log.error({ request_id: caller.requestId, err: cause }, 'unexpected error');
      const rpcCode = status < 500 ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
      const problem = { code, errors: faults, retryable, request_id: caller.requestId };
      throw new ProtocolError(rpcCode, message, problem);
    }
  }
}
