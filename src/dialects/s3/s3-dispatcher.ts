import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { endpointsOf } from '../../api/endpoint.decorator';
import { EndpointRunner, type Handler } from '../../transports/rest/endpoint-runner';
import { s3Error } from './errors';
import { operationOf } from './operation';
import { rememberS3Request } from './s3-request';
import { S3Authentication } from './s3-authentication';
import { S3Routes } from './s3-routes';

type Send = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'] as const;

/** Finds the operation of a request by its path, its query and its headers, and runs it as every endpoint is run. */
@Injectable()
export class S3Dispatcher {
  private readonly operations = new Map<string, Send>();

  constructor(
    private readonly routes: S3Routes,
    private readonly runner: EndpointRunner,
    private readonly authentication: S3Authentication,
  ) {}

  /** Serves S3's API below `prefix`, such as `/s3`; everywhere when that is empty. */
  serve(fastify: FastifyInstance, prefix: string): void {
    this.prepare();
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      await this.dispatch(request, reply, prefix);
    for (const url of prefix === '' ? ['/*'] : [prefix, `${prefix}/*`]) {
      fastify.route({ method: [...METHODS], url, exposeHeadRoute: false, handler });
    }
  }

  private prepare(): void {
    if (this.operations.size > 0) return;
    const identify = async (request: FastifyRequest) => await this.authentication.authenticate(request);
    for (const routes of this.routes.all) {
      for (const { definition, handler } of endpointsOf(routes)) {
        const method = (routes as Record<string, Handler>)[handler] as Handler;
        const run = async (input: unknown): Promise<unknown> => await method.call(routes, input);
        this.operations.set(definition.operationId, this.runner.handlerFor(definition, run, identify));
      }
    }
  }

  private async dispatch(request: FastifyRequest, reply: FastifyReply, prefix: string): Promise<FastifyReply> {
    void reply.header('x-amz-request-id', request.id);
    const { target, headers } = rememberS3Request(request, prefix);
    const operation = operationOf(request.method, target, headers['x-amz-copy-source'] !== undefined);
    const send = this.operations.get(operation);
    if (!send) throw s3Error('NotImplemented', 501, `ZeroDB does not implement ${operation}.`);
    // As the declarations have them: Fastify's own are decoded part by part, and one path serves all operations.
    request.params = { bucket: target.bucket, '*': target.key };
    return await send(request, reply);
  }
}
