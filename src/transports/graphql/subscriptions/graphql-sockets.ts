import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GraphQLError, type ExecutionArgs, type FormattedExecutionResult } from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Context, type SubscribePayload } from 'graphql-ws';
import type { Logger as PinoLogger } from 'pino';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { Shares } from '../../../admission/shares/shares';
import { Authenticator, type Headers } from '../../../auth/authenticator';
import { whoIsRefused } from '../../../auth/who-is-refused';
import { addressReader, type AddressOf } from '../../../common/client-address';
import { clientClosed, rateLimited } from '../../../common/errors';
import { newId } from '../../../common/ids';
import { isNestedTooDeep } from '../../../common/nesting';
import type { Caller } from '../../../common/scope';
import { endNow } from '../../../common/end-now';
import { boundUntilNamed, CLOSING, isFromAllowedOrigin, onUpgrade, refuseUpgrade } from '../../../common/upgrades';
import { eventsConfig, serverConfig, type EventsSettings, type ServerSettings } from '../../../config';
import { LiveConnections } from '../../../events/stream/live-connections';
import { LOGGER } from '../../../telemetry/logger';
import { EndpointRunner } from '../../rest/endpoint-runner';
import { catalogued, errorsIn, formatError } from '../errors';
import { GraphqlEngine } from '../graphql-engine';
import { readRequest } from '../request';

const PATH = '/graphql';
/** A query with its variables; bulk writes go over HTTP. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_OPERATIONS = 50;
/** Maximum unauthenticated sockets, shared between addresses. */
const MAX_NAMELESS = 1_000;
/** All that one may send before: `connection_init`, as what follows waits for its answer. */
const MAX_NAMELESS_BYTES = 16 * 1024;
const AUTH_MS = 5_000;
/** Bytes that a client has not read. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** Closed for who the client is. */
const REFUSED: ReadonlySet<number> = new Set([4401, 4403, 4429]);
const GOING_AWAY = 1001;
const TOO_SLOW = 1013;

/** What is kept of a socket. */
interface Extra {
  readonly socket: WebSocket;
  readonly headers: Headers;
  readonly address: string | undefined;
  caller?: Caller;
  /** Lifts the limit of those that have not said who they are. */
  readonly named: () => void;
  /** By the id of the operation: ends its work. */
  readonly running: Map<string, AbortController>;
  forget: () => void;
}

type SocketContext = Context<Record<string, unknown>, Extra>;

/** Subscriptions: GraphQL over WebSocket (`graphql-transport-ws`). The key is in a header or in `connection_init`. */
@Injectable()
export class GraphqlSockets implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(GraphqlSockets.name);
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...CLOSING,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  private readonly addressOf: AddressOf;
  private readonly nameless = new Shares<string>(MAX_NAMELESS);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly connections: LiveConnections,
    private readonly runner: EndpointRunner,
    private readonly engine: GraphqlEngine,
    @Inject(serverConfig.KEY) private readonly serverSettings: ServerSettings,
    @Inject(eventsConfig.KEY) private readonly eventsSettings: EventsSettings,
    @Inject(LOGGER) private readonly lines: PinoLogger,
  ) {
    this.addressOf = addressReader(serverSettings.trustedProxies);
  }

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    onUpgrade(server, PATH, (request, socket, head) => this.upgrade(request, socket, head));
  }

  onModuleDestroy(): void {
    this.server.close();
  }

  private readonly protocol = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: AUTH_MS,
    onConnect: (context) => this.connect(context),
    onSubscribe: (context, id, payload) => this.subscribe(context, id, payload),
    onNext: (context, _id, _payload, _args, result) => formatted(result, context.extra.caller?.requestId ?? ''),
    onError: ({ extra }, _id, _payload, errors) =>
      errors.map((error) => formatError(error, extra.caller?.requestId ?? '')),
    onComplete: (context, id) => this.ended(context, id),
    onDisconnect: ({ extra }) => this.disconnected(extra),
  });

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.serverSettings.role === 'worker') return refuseUpgrade(socket, 404, 'Not Found');
    const allowed = this.eventsSettings.origins?.split(',').map((each) => each.trim()) ?? [];
    if (!isFromAllowedOrigin(request.headers, allowed)) return refuseUpgrade(socket, 403, 'Forbidden');
    const address = this.addressOf(request);
    const named = this.nameless.take(address);
    if (!named) return refuseUpgrade(socket, 503, 'Service Unavailable');
    socket.once('close', named);
    const unbound = boundUntilNamed(socket, MAX_NAMELESS_BYTES);
    this.server.handleUpgrade(request, socket, head, (client) => {
      client.once('close', (code) => this.noteRefusal(request, code));
      this.opened(client, request.headers, address, { unbound, named });
    });
  }

  /** Logs refused connections like requests, with the id of the key, never the key. */
  private noteRefusal(request: IncomingMessage, code: number): void {
    if (!REFUSED.has(code)) return;
    const who = whoIsRefused(request, this.addressOf);
    this.lines.info({ route: PATH, status: code - 4_000, ...who }, 'socket refused');
  }

  private opened(
    socket: WebSocket,
    headers: Headers,
    address: string,
    { unbound, named }: { readonly unbound: () => void; readonly named: () => void },
  ): void {
    const extra: Extra = { socket, headers, address, named: unbound, running: new Map(), forget: named };
    const closed = this.protocol.opened(
      {
        protocol: socket.protocol,
        send: (data) => this.send(socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (callback) => socket.on('message', (data, isBinary) => this.hear(socket, data, isBinary, callback)),
      },
      extra,
    );
    socket.on('error', () => socket.terminate());
    socket.once('close', (code, reason) => {
      this.disconnected(extra);
      void closed(code, reason.toString());
    });
  }

  private hear(socket: WebSocket, data: RawData, isBinary: boolean, callback: (text: string) => Promise<void>): void {
    if (isBinary) return socket.close(CloseCode.BadRequest, 'Messages are text.');
    const text = textOf(data);
    if (isNestedTooDeep(text)) return socket.close(CloseCode.BadRequest, 'The message is nested too deep.');
    callback(text).catch((thrown: unknown) => {
      const error = catalogued(thrown);
      if (error.status === 500) this.log.warn(error.cause instanceof Error ? error.cause.message : 'unexpected error');
      socket.close(
        error.status === 500 ? CloseCode.InternalServerError : 4000 + error.status,
        error.message.slice(0, 120),
      );
    });
  }

  /** A client that does not read is cut off; it resumes from the last offset that it has seen. */
  private send(socket: WebSocket, data: string): Promise<void> {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.close(TOO_SLOW, 'too slow');
    return new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Throws `unauthenticated`, which closes the socket with 4401. */
  private async connect({ extra, connectionParams }: SocketContext): Promise<Record<string, unknown>> {
    const headers = { ...extra.headers, ...headersIn(connectionParams) };
    const caller = await this.authenticator.authenticate(headers, newId(), extra.address);
    this.authenticator.authorise(caller, 'read');
    let isAlive = true;
    extra.socket.on('pong', () => (isAlive = true));
    extra.socket.on('message', () => (isAlive = true));
    const remove = this.connections.add({
      caller,
      // A peer that does not answer counts as gone.
      beat: () => {
        if (!isAlive) return extra.socket.terminate();
        isAlive = false;
        extra.socket.ping();
      },
      end: (reason) =>
        reason === 'revoked'
          ? endNow(extra.socket, CloseCode.Unauthorized, 'key revoked')
          : extra.socket.close(GOING_AWAY, 'going away'),
    });
    this.disconnected(extra);
    extra.named();
    extra.caller = caller;
    extra.forget = remove;
    if (extra.socket.readyState !== extra.socket.OPEN) this.disconnected(extra);
    return { project: caller.scope.projectName };
  }

  private subscribe(
    { extra }: SocketContext,
    id: string,
    payload: SubscribePayload,
  ): ExecutionArgs | readonly GraphQLError[] {
    const { caller } = extra;
    if (!caller) throw new Error('A socket without a caller subscribes.');
    try {
      if (extra.running.size >= MAX_OPERATIONS) throw rateLimited(1);
      this.runner.charge(caller, 1);
      const { document, request } = this.engine.prepare(caller, readRequest(payload));
      const ending = new AbortController();
      extra.running.set(id, ending);
      return {
        schema: this.engine.schema,
        document,
        contextValue: this.engine.contextFor(caller, ending.signal),
        variableValues: { ...request.variables },
        operationName: request.operationName,
      };
    } catch (error) {
      return errorsIn(error).map(asGraphqlError);
    }
  }

  private ended({ extra }: SocketContext, id: string): void {
    extra.running.get(id)?.abort(clientClosed());
    extra.running.delete(id);
  }

  private disconnected(extra: Extra): void {
    for (const ending of extra.running.values()) ending.abort(clientClosed());
    extra.running.clear();
    extra.forget();
    extra.forget = () => undefined;
  }
}

// eslint-disable-next-line @typescript-eslint/no-base-to-string -- ws passes a Buffer for text
const textOf = (data: RawData): string => data.toString();

const asGraphqlError = (thrown: unknown): GraphQLError =>
  thrown instanceof GraphQLError
    ? thrown
    : new GraphQLError('refused', { originalError: thrown instanceof Error ? thrown : null });

/** `Authorization`, `X-API-Key` or `ZeroDB-Project`, as headers that a browser can't set on a socket. */
const headersIn = (params: Readonly<Record<string, unknown>> | undefined): Record<string, string> => {
  const known = ['authorization', 'x-api-key', 'api-key', 'zerodb-project'];
  const given = Object.entries(params ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const texts = given.filter((entry): entry is readonly [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(texts.filter(([name]) => known.includes(name)));
};

const formatted = (
  result: { readonly errors?: readonly unknown[] },
  requestId: string,
): FormattedExecutionResult | undefined =>
  result.errors ? { ...result, errors: result.errors.map((error) => formatError(error, requestId)) } : undefined;
