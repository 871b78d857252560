import type { RequestListener, Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { Logger } from 'pino';
import { malformed, ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import { endLingering } from '../../common/linger';
import { messageOf } from '../../common/message-of';
import type { Caller } from '../../common/scope';
import type { OpenSpan } from '../../common/tracing';
import { serveUpgrades } from '../../common/upgrades';
import type { ServerCertificate } from '../../tls/server-certificate';
import { http2StreamOf } from '../../api/http2-stream';
import { holdContinue } from '../../api/expect-continue';
import { acceptFaster } from './accept-faster';
import { cutSecure, endHttp2 } from './http2';
import { errorOf, problemHeaders, problemOf, serverTiming } from './problem';
import { MAX_PARAM_LENGTH, requestIdOf } from './request-identity';
import { SECURITY_HEADERS } from './security-headers';
import { createSecureServer } from './secure-server';
import { settleUnread } from './unread-body';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the key has been checked. */
    caller: Caller | null;
    /** Where requests are traced (see `trace-requests.ts`). */
    trace: OpenSpan | null;
    /** Refused for lack of capacity. These come in large numbers, and admission reports them itself. */
    isRefused: boolean;
  }
}

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;
/** Fastify's own limit never applies, as it reads no body here (see `read-body.ts`). */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** A connection that says nothing, or says it byte by byte, costs a socket: it is closed after this, and a while more. */
const HEADERS_MS = 20_000;
const LOOK_MS = 5_000;
const KEEP_ALIVE_MS = 72_000;
const HTTP_OPTIONS = { headersTimeout: HEADERS_MS, connectionsCheckingInterval: LOOK_MS };
/** Nest sets its own handlers for errors and unknown routes at start; ours stay. */
export class RestAdapter extends FastifyAdapter {
  /** The process stops: each connection ends with its next answer, instead of under the request that comes next. */
  isEnding = false;
  /** Every route of Fastify again, to find what else a path supports: Fastify itself looks at one method at a time. */
  private readonly routes = findMyWay({ maxParamLength: MAX_PARAM_LENGTH });

  /** To be called before the first route is added. */
  rememberRoutes(): void {
    const readers = new Map<string, unknown>();
    this.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url, handler }) => {
      if (method === 'GET') readers.set(url, handler);
      // Fastify adds it to every GET, with the same handler; it is implied there.
      if (method === 'HEAD' && readers.get(url) === handler) return;
      for (const each of [method].flat() as HTTPMethod[]) {
        if (this.routes.findRoute(each, url) === null) this.routes.on(each, url, () => undefined);
      }
    });
  }

  /** The methods that a request's path supports, in alphabetical order; none where there is no such path. */
  methodsOf(path: string): string[] {
    return METHODS.filter((method) => this.routes.find(method, path) !== null);
  }

  /** Listening sockets beside the server's own; see `accept-faster.ts`. */
  private beside: Server[] = [];

  /** Accepts so many connections more in each turn of the event loop. Rejects, with nothing changed, when it cannot. */
  async acceptFaster(copies: number, backlog: number): Promise<void> {
    const made = await acceptFaster(this.getHttpServer<HttpServer>(), copies, backlog);
    if (this.isEnding) for (const one of made) one.close();
    else this.beside = made;
  }

  /** Cuts every connection that is still open. */
  cutConnections(): void {
    const server = this.getHttpServer<HttpServer>();
    server.closeAllConnections();
    cutSecure(server);
  }

  /** Waits for the requests of every connection, whichever socket accepted it. */
  override async close(): Promise<undefined> {
    endHttp2(this.getHttpServer<HttpServer>());
    const closed = this.beside.map(async (server) => await new Promise<unknown>((resolve) => server.close(resolve)));
    await Promise.all([super.close(), ...closed]);
    return undefined;
  }

  override setErrorHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>();
  }

  override setNotFoundHandler(): FastifyInstance {
    return this.getInstance<FastifyInstance>();
  }
}

/** An error as it is sent to a client. */
export interface ErrorAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly body: string;
}

export type PresentError = (error: ZeroDbError, request: FastifyRequest, reply: FastifyReply) => ErrorAnswer;

export const asProblem: PresentError = (error, request) => ({
  headers: problemHeaders(error),
  status: error.status,
  body: JSON.stringify(problemOf(error, request.id)),
});

export interface HttpAdapterOptions {
  /** A dialect presents errors in its own way. */
  readonly present?: PresentError;
  /** With it the server speaks TLS alone. */
  readonly certificate?: ServerCertificate | null;
}

/** Fastify with our conventions for everything around a route. */
export const createHttpAdapter = (logger: Logger, options: HttpAdapterOptions = {}): RestAdapter => {
  const { present = asProblem, certificate } = options;
  const adapter = new RestAdapter({
    genReqId: requestIdOf,
    requestIdHeader: false,
    bodyLimit: NO_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: () => ({}) },
    skipMiddie: true,
    // What comes over an open connection while the rest ends is answered like the rest; then the connection is closed.
    return503OnClosing: false,
    // An idle client is not worth a socket; a slow upload is bounded by its endpoint's deadline.
    keepAliveTimeout: KEEP_ALIVE_MS,
    ...(certificate ? { https: {}, serverFactory: secureServers(certificate) } : { http: HTTP_OPTIONS }),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(malformed(error.message), request, reply, logger, present);
    },
    clientErrorHandler: refuseConnection,
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  adapter.rememberRoutes();
  fastify.decorateRequest('caller', null);
  fastify.decorateRequest('trace', null);
  fastify.decorateRequest('isRefused', false);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
    if (adapter.isEnding) endConnectionAfter(request, reply);
    done();
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    settleUnread(request.raw, (name, value) => void reply.header(name, value));
    done();
  });
  holdContinue(fastify.server);
  serveUpgrades(fastify.server);
  fastify.setErrorHandler((thrown, request, reply) => sendProblem(thrown, request, reply, logger, present));
  return adapter;
};

/** HTTP/2 knows no header for it, but says goodbye to the whole connection. */
const endConnectionAfter = ({ raw }: FastifyRequest, reply: FastifyReply): void => {
  const stream = http2StreamOf(raw);
  if (stream) stream.session?.close();
  else void reply.header('connection', 'close');
};

const secureServers =
  (certificate: ServerCertificate) =>
  (handler: RequestListener): HttpServer =>
    createSecureServer(certificate, handler, { ...HTTP_OPTIONS, keepAliveTimeout: KEEP_ALIVE_MS });

/** Codes of `src/admission`. */
const REFUSALS: ReadonlySet<string> = new Set(['overloaded', 'share_exceeded', 'rate_limited']);

export const sendProblem = (
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
  present: PresentError = asProblem,
): FastifyReply => {
  const error = errorOf(thrown);
  request.isRefused = REFUSALS.has(error.code);
  if (error.status === 500) logger.error({ request_id: request.id, err: error.cause }, 'unexpected error');
  else if (error.status > 500 && !request.isRefused)
    logger.warn(
      {
        request_id: request.id,
        code: error.code,
        cause: error.cause === undefined ? undefined : messageOf(error.cause),
      },
      error.message,
    );
  if (reply.getHeader(POLICY) !== SECURITY_HEADERS[POLICY])
    void reply.headers(SECURITY_HEADERS).header('x-request-id', request.id);
  // Of the answer that it takes the place of.
  for (const name of OF_CONTENT) reply.removeHeader(name);
  const { status, headers, body } = present(error, request, reply);
  return reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      ...headers,
      ...(request.isRefused ? serverTiming(reply.elapsedTime) : {}),
    })
    .send(body);
};

const OF_CONTENT = [
  'content-encoding',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
];

/** A page has its own; an answer without it has none of these headers yet. */
const POLICY = 'content-security-policy';

/** HTTP that cannot be parsed. There is no request yet, so the answer is written by hand. */
const refuseConnection = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable || isOfHandshake(error, socket)) return void socket.destroy();
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const problem = problemOf(isLate ? requestTimedOut() : malformed('The HTTP request is malformed.'), newId());
  const body = JSON.stringify(problem);
  endLingering(
    socket,
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};

/** Who has no secure connection cannot be told anything. */
const isOfHandshake = ({ code = '' }: { readonly code?: string }, socket: Socket): boolean =>
  socket instanceof TLSSocket && !/^(?:HPE_|ERR_HTTP_)/.test(code);

const requestTimedOut = (): ZeroDbError =>
  new ZeroDbError('request_timeout', 408, `No request came within ${HEADERS_MS / 1_000} s.`, { retryable: true });
