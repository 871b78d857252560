import type { Server } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addressReader } from '../common/client-address';
import {
  admissionConfig,
  serverConfig,
  tracingConfig,
  type AdmissionSettings,
  type ServerSettings,
  type TracingSettings,
} from '../config';
import { LOGGER } from '../telemetry/logger';
import { Metrics } from '../telemetry/metrics';
import { CERTIFICATE, type ServerCertificate } from '../tls/server-certificate';
import { createHttpAdapter, type PresentError, type RestAdapter } from '../transports/rest/http-adapter';
import { limitConnections } from '../transports/rest/limit-connections';
import { observeAnswers } from '../transports/rest/observe-answers';
import { traceRequests } from '../transports/rest/trace-requests';

const BACKLOG = 4_096;
const DRAIN_MS = 10_000;

export interface DialectPortOptions {
  readonly port: number;
  /** Its variable, for who has to change it. */
  readonly setting: string;
  /** In the log: "… is ready". */
  readonly title: string;
  readonly present: PresentError;
  readonly addRoutes: (fastify: FastifyInstance) => void;
}

/** Opens ports for dialects: limits, logs, traces and TLS are those of REST. */
@Injectable()
export class DialectPorts {
  constructor(
    private readonly metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
    @Inject(admissionConfig.KEY) private readonly admission: AdmissionSettings,
    @Inject(tracingConfig.KEY) private readonly tracing: TracingSettings,
    @Inject(CERTIFICATE) private readonly certificate: ServerCertificate | null,
  ) {}

  /** Resolves when it listens, with the function that closes it: what runs is finished, for a while. */
  async open({ port, setting, title, present, addRoutes }: DialectPortOptions): Promise<() => Promise<void>> {
    const adapter = createHttpAdapter(this.logger, { present, certificate: this.certificate });
    const fastify = adapter.getInstance<FastifyInstance>();
    if (this.tracing.endpoint !== undefined) traceRequests(adapter);
    observeAnswers(adapter, this.logger, this.metrics, addressReader(this.server.trustedProxies));
    limitConnections(adapter.getHttpServer<Server>(), this.admission.maxConnections);
    addRoutes(fastify);
    try {
      const url = await fastify.listen({ port, host: this.server.host, backlog: BACKLOG });
      this.logger.info({ url }, `${title} is ready`);
    } catch (cause) {
      const { code = '' } = cause as { code?: string };
      throw new Error(`Port ${port} for ${title} cannot be used (${code}): set ${setting}.`, { cause });
    }
    return () => close(adapter);
  }
}

const close = async (adapter: RestAdapter): Promise<void> => {
  adapter.isEnding = true;
  const timer = setTimeout(() => adapter.cutConnections(), DRAIN_MS);
  timer.unref();
  await adapter.close().finally(() => clearTimeout(timer));
};
