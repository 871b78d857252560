import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import type { Caller } from '../../common/scope';
import { serverConfig, type ServerSettings } from '../../config';
import { LOGGER } from '../../telemetry/logger';
import { BODY_BYTES, Reply, type EndpointInput } from '../../api/endpoint';
import { DocumentedEndpoints } from '../rest/documented-endpoints';
import { EndpointRunner, type Handler } from '../rest/endpoint-runner';
import { parseJson } from '../rest/parse-json';
import { problemHeaders } from '../rest/problem';
import { readBody } from '../rest/read-body';
import { catalogued, errorsIn, formatError, keyNeeded } from './errors';
import { GRAPHQL_PATH, graphqlEndpoint } from './graphql.endpoint';
import { GraphqlEngine } from './graphql-engine';
import { readRequests, type GraphqlRequest } from './request';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Bulk writes go over REST. */
const MAX_BODY_BYTES = BODY_BYTES.some;
const MAX_GUEST_BYTES = 64 * 1024;

type Input = EndpointInput<typeof graphqlEndpoint>;
type Answer = Pick<ExecutionResult, 'data'> & { readonly errors?: readonly unknown[] };

/** `POST /graphql`. What REST does around an endpoint happens here too; only errors have GraphQL's form. */
@Injectable()
export class GraphqlDoor implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly runner: EndpointRunner,
    private readonly engine: GraphqlEngine,
    private readonly documented: DocumentedEndpoints,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.documented.add(graphqlEndpoint);
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const post = this.runner.handlerFor(graphqlEndpoint, ((input: Input) => this.answer(input)) as Handler);
    fastify.route({
      method: 'POST',
      url: GRAPHQL_PATH,
      handler: async (request, reply) => {
        try {
          return await post(request, reply);
        } catch (error) {
          return this.refuse(request, reply, error);
        }
      },
    });
  }

  private async answer({ raw, caller, signal }: Input): Promise<Reply> {
    if (caller.scope.projectId === 0) this.mustBeSmall(raw);
    const body = parseJson(await readBody(raw.raw, MAX_BODY_BYTES));
    const { requests, isBatch } = readRequests(body);
    if (!isBatch) return await this.single(requests[0] as GraphqlRequest, caller, signal);
    this.runner.charge(caller, requests.length - 1);
    const answers: Answer[] = [];
    // One after the other: a batch is no way to more work at once.
    for (const request of requests) answers.push((await this.single(request, caller, signal)).body as Answer);
    return new Reply(200, answers);
  }

  /** Guests are shown the schema, outside of production; that takes a short query. Throws before the body is read. */
  private mustBeSmall({ headers }: FastifyRequest): void {
    const isShort = Number(headers['content-length'] ?? Number.MAX_SAFE_INTEGER) <= MAX_GUEST_BYTES;
    if (this.server.production || !isShort || headers['content-encoding'] !== undefined) throw keyNeeded();
  }

  /** What is refused before it runs has the status of its error; what fields answer with is in the answer. */
  private async single(request: GraphqlRequest, caller: Caller, signal: AbortSignal): Promise<Reply> {
    try {
      const prepared = this.engine.prepare(caller, request);
      const { data, errors } = await this.engine.run(prepared, this.engine.contextFor(caller, signal));
      return new Reply(200, {
        ...(errors ? { errors: errors.map((error) => this.reportError(error, caller.requestId)) } : {}),
        data: data ?? null,
      });
    } catch (error) {
      const { status } = catalogued(errorsIn(error)[0]);
      return new Reply(status === 404 ? 200 : status, {
        errors: errorsIn(error).map((one) => this.reportError(one, caller.requestId)),
      });
    }
  }

  /** What went wrong unexpectedly is told to the log, not to the client. */
  private reportError(thrown: unknown, requestId: string): unknown {
    const error = catalogued(thrown);
    if (error.status === 500) this.logger.error({ request_id: requestId, err: error.cause }, 'unexpected error');
    return formatError(thrown, requestId);
  }

  private refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
    const error = catalogued(thrown);
    const body = JSON.stringify({ errors: [this.reportError(thrown, request.id)] });
    return reply
      .code(error.status)
      .headers({ ...problemHeaders(error), 'content-type': JSON_TYPE })
      .send(body);
  }
}
