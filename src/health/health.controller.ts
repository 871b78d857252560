import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Authenticator, type Headers } from '../auth/authenticator';
import { packageVersion, serverConfig, type ServerSettings } from '../config';
import { prefersHtml } from '../common/prefers-html';
import { Database } from '../database/database.port';
import { EmbeddingProvider } from '../embeddings/embedding-provider.port';
import { ProjectsRepository } from '../auth/projects/projects.repository';
import { Metrics } from '../telemetry/metrics';
import { defineEndpoint, Reply, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { DeepHealthCheck, deepSchema, type Audience, type DeepHealth } from './deep-health';
import { Readiness } from './readiness';

const statusSchema = z.object({ status: z.enum(['ok', 'unavailable']) }).meta({ id: 'HealthStatus' });

const probe = (path: string, operationId: string, summary: string, description: string, schema: z.ZodType) =>
  defineEndpoint({
    method: 'GET',
    path,
    operationId,
    audit: 'none',
    tag: 'Health',
    summary,
    description,
    access: 'public',
    responses: { 200: schema, 503: schema },
  });

const ALIVE =
  'For restarts by an orchestrator: 200 as long as the process answers, whatever its services do. A process that is stuck does not answer.';
const READY =
  'For load balancers: 503 before the start is complete, while Postgres does not serve, and from the moment the process is told to stop. A lost follower changes nothing here.';

const health = probe('/health', 'health', 'Whether the process is alive', ALIVE, statusSchema);
const livez = probe('/livez', 'livez', 'The same as /health', ALIVE, statusSchema);
const ready = probe('/ready', 'ready', 'Whether Postgres serves', READY, statusSchema);
const readyz = probe('/readyz', 'readyz', 'The same as /ready', READY, statusSchema);
const deep = probe(
  '/health/deep',
  'deepHealth',
  'The state of every service',
  '200 while every configured service does its part, 503 otherwise, also where requests are served without it. A key shows more: reasons, versions, latencies; the root key addresses.',
  deepSchema,
);

const metricsEndpoint = defineEndpoint({
  method: 'GET',
  path: '/metrics',
  operationId: 'metrics',
  audit: 'none',
  tag: 'Health',
  summary: 'Figures for Prometheus',
  description:
    "In Prometheus' text format, of this process; docs/metrics.md names every figure. Needs no key: keep it from the outside at your proxy.",
  access: 'public',
  responses: { 200: 'text/plain' },
});

const home = defineEndpoint({
  method: 'GET',
  path: '/',
  operationId: 'home',
  audit: 'none',
  tag: 'Health',
  summary: 'Where things are',
  description:
    'The version and the addresses of the dashboard, the API documentation and the health checks. A browser (`Accept: text/html`) is sent to the dashboard.',
  access: 'public',
  responses: {
    200: z.object({ name: z.string(), version: z.string(), links: z.record(z.string(), z.string()) }),
    302: null,
  },
});

const statusEndpoint = defineEndpoint({
  method: 'GET',
  path: '/v1/status',
  operationId: 'getStatus',
  audit: 'none',
  tag: 'Health',
  summary: 'What runs here, and what the project holds',
  description:
    'The version, the engine of the database, the project and the role of the key that asks, and how many collections and keys the project has. The quickest way to try a key.',
  access: 'read',
  responses: {
    200: z.object({
      version: z.string(),
      uptime_seconds: z.int(),
      engine: z.enum(['embedded', 'server']),
      project: z.string(),
      access: z
        .enum(['audit', 'read', 'write', 'admin', 'root'])
        .meta({ description: 'What the key of this request may do.' }),
      collections: z.int(),
      keys: z.int(),
      embedding_model: z.string(),
    }),
  },
});

const LINKS = {
  admin: '/admin',
  docs: '/docs',
  redoc: '/redoc',
  openapi: '/openapi.json',
  health: '/health',
  ready: '/ready',
};

@Controller()
export class HealthController {
  private readonly version = packageVersion();
  private readonly startedAt = new Date();

  constructor(
    private readonly readiness: Readiness,
    private readonly deepHealth: DeepHealthCheck,
    private readonly metrics: Metrics,
    private readonly database: Database,
    private readonly embeddings: EmbeddingProvider,
    private readonly projects: ProjectsRepository,
    private readonly authenticator: Authenticator,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
  ) {}

  @Endpoint(home)
  home(@Input() { headers }: EndpointInput<typeof home>): Reply {
    const vary = { vary: 'accept' };
    if (this.server.role !== 'worker' && prefersHtml(headers.accept)) {
      return new Reply(302, null, { ...vary, location: LINKS.admin });
    }
    return new Reply(200, { name: 'ZeroDB', version: this.version, links: LINKS }, vary);
  }

  @Endpoint(health)
  @Endpoint(livez)
  alive() {
    return answer(true);
  }

  @Endpoint(ready)
  @Endpoint(readyz)
  ready() {
    return answer(this.readiness.isReady);
  }

  @Endpoint(deep)
  async deep(@Input() { headers }: EndpointInput<typeof deep>): Promise<Reply<DeepHealth>> {
    const health = await this.deepHealth.check(await this.audience(headers));
    return new Reply(health.status === 'ok' ? 200 : 503, health);
  }

  /** A key that nobody can look up now makes a guest: about its health the process answers always. */
  private async audience(headers: Headers): Promise<Audience> {
    if (this.authenticator.isRoot(headers)) return 'root';
    return await this.authenticator.authenticate(headers, '').then(
      () => 'key',
      () => 'guest',
    );
  }

  @Endpoint(metricsEndpoint)
  async figures(): Promise<Reply<string>> {
    const { registry } = this.metrics;
    return new Reply(200, await registry.metrics(), { 'content-type': registry.contentType });
  }

  @Endpoint(statusEndpoint)
  async status(@Input() { caller }: EndpointInput<typeof statusEndpoint>) {
    return {
      version: this.version,
      uptime_seconds: Math.floor((Date.now() - this.startedAt.getTime()) / 1000),
      engine: this.database.engine,
      project: caller.scope.projectName,
      access: caller.isRoot ? ('root' as const) : caller.role,
      ...(await this.projects.counts(caller.scope)),
      embedding_model: this.embeddings.defaultModel.name,
    };
  }
}

const answer = (isGood: boolean) => new Reply(isGood ? 200 : 503, { status: isGood ? 'ok' : 'unavailable' });
