import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  createMcpHandler,
  type McpHttpHandler,
  type McpRequestContext,
  type Server,
} from '@modelcontextprotocol/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Admission } from '../../admission/admission';
import { clientClosed, ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import {
  issuersOf,
  limitsConfig,
  mcpConfig,
  oidcConfig,
  type LimitsSettings,
  type McpSettings,
  type OidcSettings,
} from '../../config';
import { peerOf } from '../../api/http2-stream';
import { Reply, type EndpointInput } from '../../api/endpoint';
import { DocumentedEndpoints } from '../rest/documented-endpoints';
import { EndpointRunner, type Handler } from '../rest/endpoint-runner';
import { onceClosed } from '../rest/once-closed';
import { parseJson } from '../rest/parse-json';
import { readBody } from '../rest/read-body';
import { McpServers } from './mcp-server';
import { mcpEndpoint } from './mcp.endpoint';
import { corsHeaders, Origins } from './origins';
import { baseUrl, challenge, METADATA_PATH, protectedResource } from './protected-resource';
import { inWanted, wantedOf } from './answer-type';
import { normaliseArguments } from './tolerance';
import { replyOf, webRequest } from './web-request';

/** A message with a file or a batch of records; more goes over REST. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Messages in one array, as the revision of March 2025 allows them. */
const MAX_BATCH = 50;
/** Clients that wait for changes of the lists, of which there are none while a process runs. */
const MAX_SUBSCRIPTIONS = 256;

/** People write the slash, and clients keep it. */
const PATHS = ['/mcp', '/mcp/'];

/** The exchange that the SDK hands through to the server it asks for. */
interface Exchange {
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** `/mcp`: Streamable HTTP without sessions, for every revision of the protocol that the SDK speaks. */
@Injectable()
export class McpDoor implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(McpDoor.name);
  private readonly handler: McpHttpHandler;
  private readonly origins: Origins;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly runner: EndpointRunner,
    private readonly servers: McpServers,
    private readonly admission: Admission,
    private readonly documented: DocumentedEndpoints,
    @Inject(mcpConfig.KEY) private readonly settings: McpSettings,
    @Inject(limitsConfig.KEY) private readonly limits: LimitsSettings,
    @Inject(oidcConfig.KEY) private readonly oidc: OidcSettings,
  ) {
    this.origins = new Origins(settings.origins);
    this.handler = createMcpHandler((context) => this.serverFor(context), {
      maxSubscriptions: MAX_SUBSCRIPTIONS,
      onerror: (error) => this.log.debug(error.message),
    });
  }

  onModuleInit(): void {
    this.documented.add(mcpEndpoint);
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const post = this.runner.handlerFor(mcpEndpoint, ((input: Input) => this.answer(input)) as Handler);
    for (const url of PATHS) {
      fastify.route({ method: 'POST', url, handler: async (request, reply) => this.guarded(request, reply, post) });
      fastify.route({ method: 'OPTIONS', url, handler: (request, reply) => this.preflight(request, reply) });
    }
    for (const url of [METADATA_PATH, ...PATHS.map((path) => `${METADATA_PATH}${path}`)]) {
      fastify.get(url, (request, reply) => reply.type('application/json').send(JSON.stringify(this.metadata(request))));
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.handler.close();
  }

  private async guarded(
    request: FastifyRequest,
    reply: FastifyReply,
    post: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const origin = this.origins.check(request.headers);
    if (origin !== undefined) void reply.headers(corsHeaders(origin));
    try {
      return await post(request, reply);
    } catch (error) {
      throw error instanceof ZeroDbError && error.status === 401 ? this.challenged(error, request) : error;
    }
  }

  /** Says where to learn how to get a token. */
  private challenged(error: ZeroDbError, request: FastifyRequest): ZeroDbError {
    const headers = { ...error.headers, 'www-authenticate': challengeAfter(error, challenge(this.base(request))) };
    return new ZeroDbError(error.code, error.status, error.message, { headers });
  }

  private async answer({ raw, caller, signal }: Input): Promise<Reply> {
    const maxBytes = Math.min(MAX_MESSAGE_BYTES, this.limits.bodyBytes);
    const bytes = await readBody(raw.raw, maxBytes);
    let parsedBody: unknown;
    try {
      parsedBody = normaliseArguments(parseJson(bytes));
    } catch (error) {
      if (error instanceof ZeroDbError) return rpcError(-32700, `Parse error: ${error.message}`);
      throw error;
    }
    if (Array.isArray(parsedBody)) {
      if (parsedBody.length > MAX_BATCH) return rpcError(-32600, `Invalid Request: at most ${MAX_BATCH} at once.`);
      this.runner.charge(caller, parsedBody.length - 1);
    }
    const isOpenEnded = methodOf(parsedBody) === 'subscriptions/listen';
    const wanted = wantedOf(raw.headers.accept);
    if (wanted === 'neither' || (wanted === 'json' && isOpenEnded)) return rpcError(-32_000, NOT_ACCEPTABLE, 406);
    if (isOpenEnded) onceClosed(peerOf(raw.raw), this.admission.acquire('listeners', caller.scope));
    const hangUp = isOpenEnded ? untilClosed(raw) : signal;
    const exchange: Exchange = { caller, signal: hangUp };
    const authInfo = { token: '', clientId: caller.keyId ?? 'root', scopes: [caller.role], extra: { exchange } };
    const response = await this.handler.fetch(webRequest(raw.raw, hangUp), { parsedBody, authInfo });
    return inWanted(wanted, await replyOf(response, isOpenEnded), Array.isArray(parsedBody));
  }

  private serverFor({ authInfo }: McpRequestContext): Server {
    const { caller, signal } = authInfo?.extra?.exchange as Exchange;
    return this.servers.create(caller, signal);
  }

  private preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const origin = this.origins.check(request.headers);
    return reply
      .code(204)
      .headers(origin === undefined ? { allow: 'POST' } : corsHeaders(origin))
      .send();
  }

  private metadata(request: FastifyRequest): Record<string, unknown> {
    const issuers = issuersOf(this.oidc).map(({ issuer }) => issuer);
    const servers = this.settings.authorizationServers ?? (issuers.length === 0 ? undefined : issuers);
    return protectedResource(this.base(request), servers);
  }

  private base({ headers, protocol }: FastifyRequest): string {
    return baseUrl(this.settings.publicUrl, headers, protocol);
  }
}

type Input = EndpointInput<typeof mcpEndpoint>;

/** What was wrong with a token is said beside where to get one. */
const challengeAfter = ({ headers }: ZeroDbError, challenged: string): string => {
  const isToken = headers['www-authenticate']?.includes(INVALID_TOKEN) ?? false;
  return isToken ? `${challenged}, ${INVALID_TOKEN}` : challenged;
};

const INVALID_TOKEN = 'error="invalid_token"';

const methodOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'method' in message ? message.method : undefined;

const NOT_ACCEPTABLE =
  'Not Acceptable: accept application/json or text/event-stream; a subscription is answered as a stream.';

const rpcError = (code: number, message: string, status = 400): Reply =>
  new Reply(
    status,
    { jsonrpc: '2.0', id: null, error: { code, message } },
    {
      'content-type': 'application/json',
    },
  );

/** The deadline is for answers that end; what a client listens to ends with its connection. */
const untilClosed = ({ raw }: FastifyRequest): AbortSignal => {
  const controller = new AbortController();
  onceClosed(peerOf(raw), () => controller.abort(clientClosed()));
  return controller.signal;
};
