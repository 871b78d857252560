import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { Reply, type EndpointDefinition } from '../../api/endpoint';
import { endpointsOf } from '../../api/endpoint.decorator';
import { notFound } from '../../common/errors';
import { dialectsConfig, serverConfig, type DialectsSettings, type ServerSettings } from '../../config';
import { EndpointRunner, type Handler } from '../../transports/rest/endpoint-runner';
import { DialectPorts } from '../dialect-port';
import { presentError } from './errors';
import { writeJson } from './exact-json';
import { DialectRoutes } from './dialect-routes';

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** The port on which ZeroDB answers clients of Qdrant. Keys, limits, deadlines and logs are those of REST. */
@Injectable()
export class QdrantDoor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private close: () => Promise<void> = async () => undefined;

  constructor(
    private readonly routes: DialectRoutes,
    private readonly runner: EndpointRunner,
    private readonly ports: DialectPorts,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
    @Inject(dialectsConfig.KEY) private readonly dialects: DialectsSettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { qdrantPort: port } = this.dialects;
    if (port === undefined || this.server.role === 'worker') return;
    this.close = await this.ports.open({
      port,
      setting: 'ZERODB_QDRANT_DIALECT_PORT',
      title: "Qdrant's dialect",
      present: presentError,
      addRoutes: (fastify) => this.addRoutes(fastify),
    });
  }

  /** Before the database closes: what runs is finished, for a while. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.close();
  }

  private addRoutes(fastify: FastifyInstance): void {
    for (const controller of this.routes.all) {
      for (const { definition, handler } of endpointsOf(controller)) this.add(fastify, controller, definition, handler);
    }
    fastify.setNotFoundHandler((request) => {
      throw notFound("route in ZeroDB's dialect of Qdrant", request.url.split('?')[0] ?? '/');
    });
  }

  private add(fastify: FastifyInstance, routes: object, definition: EndpointDefinition, handler: string): void {
    const method = (routes as Record<string, Handler>)[handler] as Handler;
    fastify.route({
      method: definition.method,
      url: definition.path.replace(/\{(\w{1,50})\}/g, ':$1'),
      handler: this.runner.handlerFor(definition, async (input) => {
        const startedAt = performance.now();
        return enveloped(await method.call(routes, input), startedAt);
      }),
    });
  }
}

/** A result in Qdrant's envelope. Few routes answer without it, with their own reply. */
const enveloped = (result: unknown, startedAt: number): Reply => {
  if (result instanceof Reply) return result;
  const time = (performance.now() - startedAt) / 1_000;
  return new Reply(200, Buffer.from(writeJson({ result, status: 'ok', time })), JSON_HEADERS);
};
