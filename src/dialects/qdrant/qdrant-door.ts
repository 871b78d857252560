import type { Server } from 'node:http';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Reply, type EndpointDefinition } from '../../api/endpoint';
import { endpointsOf } from '../../api/endpoint.decorator';
import { addressReader } from '../../common/client-address';
import { notFound } from '../../common/errors';
import {
  admissionConfig,
  dialectsConfig,
  serverConfig,
  tracingConfig,
  type AdmissionSettings,
  type DialectsSettings,
  type ServerSettings,
  type TracingSettings,
} from '../../config';
import { CERTIFICATE, type ServerCertificate } from '../../tls/server-certificate';
import { LOGGER } from '../../telemetry/logger';
import { Metrics } from '../../telemetry/metrics';
import { EndpointRunner, type Handler } from '../../transports/rest/endpoint-runner';
import { createHttpAdapter, type RestAdapter } from '../../transports/rest/http-adapter';
import { limitConnections } from '../../transports/rest/limit-connections';
import { observeAnswers } from '../../transports/rest/observe-answers';
import { traceRequests } from '../../transports/rest/trace-requests';
import { presentError } from './errors';
import { writeJson } from './exact-json';
import { DialectRoutes } from './dialect-routes';

const BACKLOG = 4_096;
const DRAIN_MS = 10_000;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** The port on which ZeroDB answers clients of Qdrant. Keys, limits, deadlines and logs are those of REST. */
@Injectable()
export class QdrantDoor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private adapter: RestAdapter | undefined;

  constructor(
    private readonly routes: DialectRoutes,
    private readonly runner: EndpointRunner,
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
    @Inject(dialectsConfig.KEY) private readonly dialects: DialectsSettings,
    @Inject(admissionConfig.KEY) private readonly admission: AdmissionSettings,
    @Inject(tracingConfig.KEY) private readonly tracing: TracingSettings,
    @Inject(CERTIFICATE) private readonly certificate: ServerCertificate | null,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { qdrantPort: port } = this.dialects;
    if (port === undefined || this.server.role === 'worker') return;
    this.adapter = this.open();
    const fastify = this.adapter.getInstance<FastifyInstance>();
    try {
      const url = await fastify.listen({ port, host: this.server.host, backlog: BACKLOG });
      this.logger.info({ url }, "Qdrant's dialect is ready");
    } catch (cause) {
      const { code = '' } = cause as { code?: string };
      throw new Error(`Port ${port} for Qdrant's dialect cannot be used (${code}): set ZERODB_QDRANT_DIALECT_PORT.`, {
        cause,
      });
    }
  }

  /** Before the database closes: what runs is finished, for a while. */
  async beforeApplicationShutdown(): Promise<void> {
    const { adapter } = this;
    if (!adapter) return;
    adapter.isEnding = true;
    const timer = setTimeout(() => adapter.cutConnections(), DRAIN_MS);
    timer.unref();
    await adapter.close().finally(() => clearTimeout(timer));
  }

  private open(): RestAdapter {
    const adapter = createHttpAdapter(this.logger, { present: presentError, certificate: this.certificate });
    const fastify = adapter.getInstance<FastifyInstance>();
    if (this.tracing.endpoint !== undefined) traceRequests(adapter);
    observeAnswers(adapter, this.logger, this.metrics, addressReader(this.server.trustedProxies));
    limitConnections(adapter.getHttpServer<Server>(), this.admission.maxConnections);
    for (const controller of this.routes.all) {
      for (const { definition, handler } of endpointsOf(controller)) this.add(fastify, controller, definition, handler);
    }
    fastify.setNotFoundHandler((request) => {
      throw notFound("route in ZeroDB's dialect of Qdrant", request.url.split('?')[0] ?? '/');
    });
    return adapter;
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
