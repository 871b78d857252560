import 'reflect-metadata';
import type { Server as HttpServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream, Logger } from 'pino';
import { AppModule } from './app.module';
import { RootKey } from './auth/keys/root-key';
import { addressReader } from './common/client-address';
import { methodNotAllowed, notFound } from './common/errors';
import { eventLoopLag } from './common/event-loop-lag';
import { SettingsModule, type Configuration } from './config';
import { presentByDoor } from './dialects/s3/present-by-door';
import { Readiness } from './health/readiness';
import { ServerCertificate } from './tls/server-certificate';
import { createLogger } from './telemetry/logger';
import { Metrics } from './telemetry/metrics';
import { NestLogger, withLog } from './telemetry/nest-logger';
import { startTracing } from './telemetry/tracing';
import { EarlyRefusals } from './transports/rest/early-refusals';
import { createHttpAdapter, sendProblem, type RestAdapter } from './transports/rest/http-adapter';
import { limitConnections } from './transports/rest/limit-connections';
import { observeAnswers } from './transports/rest/observe-answers';
import { traceRequests } from './transports/rest/trace-requests';
import { closeDoors, closeUpgrades } from './transports/rest/worker-doors';

/** A server that accepts requests. */
export interface RunningApp {
  /** `http://127.0.0.1:7700` */
  readonly url: string;
  /** The root key, when this start made it: the only chance to see it. */
  readonly newRootKey: string | undefined;
  readonly logger: Logger;
  readonly nest: NestFastifyApplication;
  /**
   * Says "not ready", waits for load balancers to see it, stops the background work, stops accepting, lets running requests
   * finish for 10 s, closes everything.
   */
  close(): Promise<void>;
}

const DRAIN_MS = 10_000;
/**
 * Connections that the kernel keeps until they are accepted; it may allow fewer. Beyond this it drops them without a word, and
 * their clients try again after 1, 3 and 7 s: Node's own 511 are gone within a moment of a flood.
 */
const BACKLOG = 4_096;
/** Minimum time for open connections to send another request, whose response closes them. */
const LAST_REQUESTS_MS = 250;

/**
 * Starts the product in this process, with the settings of the process where no configuration is passed. Several may run
 * at once, each with its own. Throws `ConfigurationError` before anything is opened.
 */
export const createApp = async (ready?: Configuration, logTo?: DestinationStream): Promise<RunningApp> => {
  const { configuration, module: settings } = await SettingsModule.load(ready);
  const isTraced = configuration.tracing.endpoint !== undefined;
  const logger = createLogger({ ...configuration.log, production: configuration.server.production, isTraced }, logTo);
  return await withLog(logger, () => start(configuration, settings, logger));
};

const start = async (configuration: Configuration, settings: DynamicModule, logger: Logger): Promise<RunningApp> => {
  const isTraced = configuration.tracing.endpoint !== undefined;
  const stopLag = eventLoopLag.start();
  const certificate = ServerCertificate.of(configuration.tls);
  const adapter = createHttpAdapter(logger, { certificate, present: presentByDoor });
  const nest = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, logger, certificate),
    adapter,
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const endTracing = startTracing(configuration.tracing, { logger, metrics: nest.get(Metrics) });
  const stopWatching = async (): Promise<void> => {
    stopLag();
    await endTracing();
  };
  try {
    if (isTraced) traceRequests(adapter);
    observeAnswers(adapter, logger, nest.get(Metrics), addressReader(configuration.server.trustedProxies));
    if (configuration.server.role === 'worker') closeDoors(adapter, logger);
    limitConnections(adapter.getHttpServer(), configuration.admission.maxConnections);
    answerUnknownRoutes(adapter, logger);
    const newRootKey = await nest.get(RootKey).prepare();
    await nest.init();
    if (configuration.server.role === 'worker') closeUpgrades(adapter);
    // Where each request has its line, so do the refused ones.
    const isOff = (): boolean => adapter.isEnding || logger.isLevelEnabled('debug');
    nest.get(EarlyRefusals).guard(adapter.getHttpServer<HttpServer>(), isOff);
    const { port, host } = configuration.server;
    await nest.listen({ port, host, backlog: BACKLOG });
    // Not awaited: the process serves already, and must be able to stop.
    void adapter.acceptFaster(configuration.server.acceptors - 1, BACKLOG).catch((error: unknown) => {
      logger.warn({ err: error }, 'connections are accepted one at a time; a flood of new ones will have to wait');
    });
    return {
      url: urlOf(adapter, configuration),
      newRootKey,
      logger,
      nest,
      close: () => withLog(logger, () => close(nest, adapter, configuration).finally(stopWatching)),
    };
  } catch (error) {
    await nest.close().finally(stopWatching);
    throw error;
  }
};

const answerUnknownRoutes = (adapter: RestAdapter, logger: Logger): void => {
  adapter.getInstance<FastifyInstance>().setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    const methods = adapter.methodsOf(path);
    const problem = methods.length === 0 ? notFound('route', path) : methodNotAllowed(request.method, path, methods);
    return sendProblem(problem, request, reply, logger, presentByDoor);
  });
};

const urlOf = (adapter: RestAdapter, { server, tls }: Configuration): string => {
  const address = adapter.getHttpServer().address();
  const port = typeof address === 'object' && address ? address.port : server.port;
  const host = ['0.0.0.0', '::'].includes(server.host) ? 'localhost' : server.host;
  return `${tls.certFile === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
};

const close = async (nest: NestFastifyApplication, adapter: RestAdapter, { server }: Configuration): Promise<void> => {
  nest.get(Readiness).drain();
  adapter.isEnding = true;
  await sleep(Math.max(server.drainDelayMs, LAST_REQUESTS_MS));
  // Whoever holds a connection longer than this is cut off, so that the database can close.
  const timer = setTimeout(() => adapter.cutConnections(), DRAIN_MS);
  timer.unref();
  await nest.close().finally(() => clearTimeout(timer));
};
