import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { beginSpan, type SpanFacts } from '../../common/tracing';
import { traceparentOf } from '../../telemetry/trace-context';
import type { RestAdapter } from './http-adapter';
import { isQuiet } from './observe-answers';

const CLIENT_CLOSED = 'client_closed';

/**
 * A span for each request, whichever door answers it: REST, GraphQL and MCP are routes of one server. It begins before
 * anything is read and ends when the connection is done with it, so a stream's is as long as the stream.
 */
export const traceRequests = (adapter: RestAdapter): void => {
  adapter.getInstance<FastifyInstance>().addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    // Probes and scrapes come every few seconds, forever.
    const trace = route !== undefined && isQuiet(route) ? undefined : begin(request, route);
    if (!trace) return done();
    request.trace = trace;
    reply.raw.once('close', () => finish(request, reply));
    trace.run(done);
  });
};

/** The route, never the path: a path has ids of users' records in it. */
const begin = (request: FastifyRequest, route: string | undefined) => {
  const method = route === undefined ? '_OTHER' : request.method;
  const facts = (): SpanFacts => ({
    kind: 'server',
    parent: traceparentOf(request.headers.traceparent as string | undefined) ?? null,
    attributes: { 'http.request.method': method, 'http.route': route, 'zerodb.request_id': request.id },
  });
  return beginSpan(route === undefined ? 'HTTP' : `${method} ${route}`, facts);
};

const finish = ({ trace, caller }: FastifyRequest, reply: FastifyReply): void => {
  if (!trace) return;
  const { statusCode, raw } = reply;
  trace.set({
    'http.response.status_code': raw.headersSent ? statusCode : undefined,
    'zerodb.project': caller?.scope.projectId,
    'zerodb.key_id': caller?.keyId ?? undefined,
  });
  if (statusCode >= 500) trace.fail(String(statusCode));
  else if (!raw.writableFinished) trace.set({ 'error.type': CLIENT_CLOSED });
  trace.end();
};
