import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { EndpointDefinition } from '../../api/endpoint';
import { endpointsOf } from '../../api/endpoint.decorator';
import { LOGGER } from '../../telemetry/logger';
import { EndpointRunner, type Handler } from '../../transports/rest/endpoint-runner';
import { sendProblem } from '../../transports/rest/http-adapter';
import { DialectRoutes } from './dialect-routes';
import { presentError, unknownUrl } from './errors';

export const OPENAI_PREFIX = '/openai/v1';

/** The paths at which ZeroDB answers clients of OpenAI, on its own port. Keys, limits, deadlines and logs are those of REST. */
@Injectable()
export class OpenAiDoor implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly routes: DialectRoutes,
    private readonly runner: EndpointRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    void fastify.register(
      (scope, _options, done) => {
        this.open(scope);
        done();
      },
      { prefix: OPENAI_PREFIX },
    );
  }

  /** Errors have their own shape below the prefix, for unknown paths as well. */
  private open(scope: FastifyInstance): void {
    scope.setErrorHandler((thrown, request, reply) => sendProblem(thrown, request, reply, this.logger, presentError));
    scope.setNotFoundHandler((request) => {
      throw unknownUrl(request.method, request.url.split('?')[0] ?? '/');
    });
    for (const controller of this.routes.all) {
      for (const { definition, handler } of endpointsOf(controller)) this.add(scope, controller, definition, handler);
    }
  }

  private add(scope: FastifyInstance, routes: object, definition: EndpointDefinition, handler: string): void {
    const method = (routes as Record<string, Handler>)[handler] as Handler;
    scope.route({
      method: definition.method,
      url: definition.path.replace(/\{\w{1,50}\*\}$/, '*').replace(/\{(\w{1,50})\}/g, ':$1'),
      handler: this.runner.handlerFor(definition, (input) => method.call(routes, input)),
    });
  }
}
