import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { EndpointDefinition } from '../api/endpoint';
import { endpointsOf } from '../api/endpoint.decorator';
import { notFound } from '../common/errors';
import { LOGGER } from '../telemetry/logger';
import { EndpointRunner, type Handler } from '../transports/rest/endpoint-runner';
import { sendProblem, type PresentError } from '../transports/rest/http-adapter';

/** An API of another product below a path of ZeroDB's own port. */
export interface Dialect {
  /** `/mem0` */
  readonly prefix: string;
  readonly product: string;
  /** Objects whose methods are endpoints. They are no controllers: OpenAPI, GraphQL and MCP do not show them. */
  readonly routes: readonly object[];
  /** Errors in the product's shape. */
  readonly present: PresentError;
  /** The error for a path that does not exist. Default: `not_found`. */
  readonly unknown?: (method: string, path: string) => Error;
  /** Whether paths are served with a slash at their end, too. Default: yes. */
  readonly takesSlash?: boolean;
}

/** Serves dialects on ZeroDB's own port: the keys, limits, deadlines and logs are those of REST, the errors are the product's. */
@Injectable()
export class MainPort {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly runner: EndpointRunner,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** To be called while the process starts. */
  serve({ prefix, product, routes, present, unknown = unknownIn(product), takesSlash = true }: Dialect): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    void fastify.register(
      (part, _options, done) => {
        part.setErrorHandler((thrown, request, reply) => sendProblem(thrown, request, reply, this.logger, present));
        part.setNotFoundHandler((request) => {
          throw unknown(request.method, request.url.split('?')[0] ?? '/');
        });
        for (const each of routes) this.add(part, each, takesSlash);
        done();
      },
      { prefix },
    );
  }

  private add(part: FastifyInstance, routes: object, takesSlash: boolean): void {
    for (const { definition, handler } of endpointsOf(routes)) {
      const method = (routes as Record<string, Handler>)[handler] as Handler;
      const run = this.runner.handlerFor(definition, (input) => method.call(routes, input));
      for (const url of takesSlash ? urlsOf(definition) : [urlOf(definition)])
        part.route({ method: definition.method, url, handler: run });
    }
  }
}

const unknownIn =
  (product: string) =>
  (_method: string, path: string): Error =>
    notFound(`route in ZeroDB's dialect of ${product}`, path);

/** In the router's notation. A last `{name*}` takes the rest of the path. */
const urlOf = ({ path }: EndpointDefinition): string =>
  path.replace(/\{\w{1,50}\*\}$/, '*').replace(/\{(\w{1,50})\}/g, ':$1');

/** With and without a slash at its end: products differ, and so do versions of one client. */
const urlsOf = (definition: EndpointDefinition): string[] => {
  const url = urlOf(definition);
  // The root alone: Fastify adds the other form to a prefix.
  if (url === '/') return [url];
  const bare = url.endsWith('/') ? url.slice(0, -1) : url;
  return [bare, `${bare}/`];
};
