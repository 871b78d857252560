import type { Readable, Writable } from 'node:stream';
import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type CallToolResult,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { messageOf } from '../../common/message-of';
import { normaliseArguments } from './tolerance';
import { SERVER_OPTIONS, serverInfo } from './server-info';

/** As much as `/mcp` takes. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** For requests without an envelope: the bridge puts what they give into the revision of its own client. */
export const BRIDGE_HEADERS = {
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2025-11-25',
};

/** Sends a JSON-RPC message to `/mcp` with the headers above, and returns the body of the answer. */
export type Post = (message: object, signal: AbortSignal) => Promise<string>;

export interface BridgeOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly post: Post;
  /** Ends the bridge. */
  readonly signal: AbortSignal;
  /** For what belongs to no request. */
  readonly onError: (error: Error) => void;
}

/**
 * Speaks MCP, in every revision the SDK knows, on two streams, and asks an HTTP server for everything that there is to
 * know. Resolves when the client has closed its end, or at the signal.
 */
export const bridgeStdio = async ({ input, output, post, signal, onError }: BridgeOptions): Promise<void> => {
  const transport = tolerant(new StdioServerTransport(input, output, { maxBufferSize: MAX_MESSAGE_BYTES }));
  const handle = serveStdio(() => bridgeServer(post), { transport, onerror: onError });
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    input.once('end', resolve);
    input.once('close', resolve);
    if (signal.aborted) resolve();
  });
  await handle.close();
};

/** Tolerates what `/mcp` does: the SDK would refuse it before that is asked. */
const tolerant = (transport: StdioServerTransport): StdioServerTransport => {
  let listener = transport.onmessage;
  Object.defineProperty(transport, 'onmessage', {
    get: () => listener && ((message: JSONRPCMessage) => listener?.(normaliseArguments(message) as JSONRPCMessage)),
    set: (given: typeof listener) => {
      listener = given;
    },
  });
  return transport;
};

const bridgeServer = (post: Post): Server => {
  const server = new Server(serverInfo(), SERVER_OPTIONS);
  const ask = async <T>(method: string, params: Params, signal: AbortSignal): Promise<T> =>
    resultIn(await post({ jsonrpc: '2.0', id: 1, method, params: withoutMeta(params) }, signal)) as T;
  server.setRequestHandler('tools/list', async ({ params }, { mcpReq }) => ask('tools/list', params, mcpReq.signal));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) =>
    ask<CallToolResult>('tools/call', params, mcpReq.signal).catch(asToolResult),
  );
  server.setRequestHandler('resources/list', async ({ params }, { mcpReq }) =>
    ask('resources/list', params, mcpReq.signal),
  );
  server.setRequestHandler('resources/templates/list', async ({ params }, { mcpReq }) =>
    ask('resources/templates/list', params, mcpReq.signal),
  );
  server.setRequestHandler('resources/read', async ({ params }, { mcpReq }) =>
    ask('resources/read', params, mcpReq.signal),
  );
  server.setRequestHandler('prompts/list', async ({ params }, { mcpReq }) =>
    ask('prompts/list', params, mcpReq.signal),
  );
  server.setRequestHandler('prompts/get', async ({ params }, { mcpReq }) => ask('prompts/get', params, mcpReq.signal));
  server.setRequestHandler('completion/complete', async ({ params }, { mcpReq }) =>
    ask('completion/complete', params, mcpReq.signal),
  );
  return server;
};

interface RpcAnswer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The result in an answer that is JSON, or the one event of a stream. Throws the `ProtocolError` in it. */
const resultIn = (body: string): unknown => {
  const data = body.startsWith('{') ? body : /^data: ?(\{.*)$/m.exec(body)?.[1];
  const { result, error } = JSON.parse(data ?? '{}') as RpcAnswer;
  if (error) throw new ProtocolError(error.code, error.message, error.data);
  return result;
};

type Params = Readonly<Record<string, unknown>> | undefined;

/** Progress tokens and the envelope belong to this connection. */
const withoutMeta = (params: Params): object | undefined => {
  if (params === undefined) return undefined;
  const { _meta: _own, ...rest } = params;
  return rest;
};

/** A server that can't be asked is a fault of the call, which a model may see and try again. */
const asToolResult = (error: unknown): CallToolResult => {
  if (error instanceof ProtocolError && error.code !== (ProtocolErrorCode.InternalError as number)) throw error;
  const message = messageOf(error);
  return { isError: true, content: [{ type: 'text', text: message }] };
};
