import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { whoIsRefused } from '../../auth/who-is-refused';
import type { AddressOf } from '../../common/client-address';
import type { Metrics } from '../../telemetry/metrics';
import { traceOf } from '../../telemetry/trace-context';
import type { RestAdapter } from './http-adapter';

const REPLY = Symbol('reply');
type Answered = IncomingMessage & { [REPLY]?: FastifyReply };

/** Logs and counts every answer. */
export const observeAnswers = (adapter: RestAdapter, logger: Logger, metrics: Metrics, addressOf: AddressOf): void => {
  const fastify = adapter.getInstance<FastifyInstance>();
  const logAnswer = answerLogger(logger, addressOf);
  fastify.addHook('onRequest', ({ raw }: { raw: Answered }, reply, done) => {
    raw[REPLY] = reply;
    logAnswer(raw, reply.raw, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    // The client left before: its status would be the one that no handler has set yet.
    if (!reply.raw.headersSent) return done();
    const route = request.routeOptions.url;
    metrics.observeRequest(route ?? 'unknown', route ? request.method : 'any', reply.statusCode, reply.elapsedTime);
    done();
  });
};

/**
 * pino-http with one line for each answer, whose fields are all our own and never secret. Looking for secrets costs ten
 * times what writing the line does, so it is turned off; the logger that pino-http derives for each request stays empty.
 */
const answerLogger = (logger: Logger, addressOf: AddressOf) => {
  const fields = ({ [REPLY]: reply }: Answered): object => (reply ? fieldsOf(reply, addressOf) : {});
  return pinoHttp<Answered, ServerResponse>({
    logger,
    redact: [],
    wrapSerializers: false,
    serializers: { req: () => undefined },
    quietResLogger: true,
    genReqId: ({ [REPLY]: reply }) => reply?.request.id ?? '',
    customLogLevel: ({ [REPLY]: reply }, response, error) => {
      // A connection that ended before its answer did: nobody was answered.
      if (!reply || (!response.writableFinished && !error)) return 'silent';
      const level = levelOf(reply);
      return logger.isLevelEnabled(level) ? level : 'silent';
    },
    customSuccessObject: fields,
    customErrorObject: fields,
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
  });
};

const REFUSED_STATUSES: ReadonlySet<number> = new Set([401, 403, 429]);

const fieldsOf = (reply: FastifyReply, addressOf: AddressOf): object => {
  const { request, statusCode: status } = reply;
  const trace = traceOf(request.headers.traceparent as string | undefined);
  return {
    request_id: request.id,
    trace_id: request.trace?.traceId ?? trace.traceId,
    parent_id: trace.parentId,
    project: request.caller?.scope.projectName,
    key_id: request.caller?.keyId ?? undefined,
    ...(REFUSED_STATUSES.has(status) ? whoIsRefused(request.raw, addressOf) : {}),
    method: request.method,
    route: routeOf(reply),
    status,
    ms: Math.round(reply.elapsedTime * 100) / 100,
  };
};

const routeOf = ({ request }: FastifyReply): string => request.routeOptions.url ?? 'unknown';

const levelOf = (reply: FastifyReply): 'debug' | 'warn' | 'info' => {
  if (reply.request.isRefused) return 'debug';
  return reply.statusCode >= 500 ? 'warn' : isQuiet(routeOf(reply)) ? 'debug' : 'info';
};

/** What machines, and an open dashboard, ask every few seconds. */
const UNLOGGED_PATHS: ReadonlySet<string> = new Set([
  '/health',
  '/livez',
  '/ready',
  '/readyz',
  '/metrics',
  '/v1/services',
  '/v1/background',
]);
export const isQuiet = (route: string): boolean => UNLOGGED_PATHS.has(route);
