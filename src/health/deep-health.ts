import { HttpException, Inject, Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { z } from 'zod';
import { SERVICE_NAMES, SERVICE_STATES, type ServiceName, type ServiceState } from '../registry/service';
import { WatchingRegistry } from '../registry/watching-registry';
import { CERTIFICATE, CERTIFICATE_STATES, type ServerCertificate } from '../tls/server-certificate';
import { timestamp } from '../api/schemas';
import { Readiness } from './readiness';
import { presentService, serviceSchema, withoutAddresses, type Service } from '../registry/service.schemas';

/** `degraded`: requests are served, but a configured service takes no part. */
export const HEALTH_STATUSES = ['ok', 'degraded', 'unavailable'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

const shown = serviceSchema.pick({
  name: true,
  kind: true,
  version: true,
  error_rate: true,
  lag: true,
});

const certificateSchema = z
  .object({
    state: z.enum(CERTIFICATE_STATES).meta({ description: '`expiring`: in less than 30 days.' }),
    expires_at: timestamp,
    days_left: z.int().meta({ description: 'Whole days; negative when it has expired.' }),
  })
  .nullable()
  .meta({ description: 'The TLS certificate of this server; null without TLS, and for guests.' });

export const deepSchema = z.object({
  status: z.enum(HEALTH_STATUSES),
  certificate: certificateSchema,
  services: z.array(
    shown.extend({
      state: z.enum(SERVICE_STATES),
      since: timestamp.nullable(),
      in_flight: z.int().nullable(),
      reason: z.string().nullable(),
      latency_ms: z.number().nullable().meta({ description: 'Of the last probe; null when it failed.' }),
    }),
  ),
});
z.globalRegistry.add(deepSchema, { id: 'DeepHealth' });
export type DeepHealth = z.output<typeof deepSchema>;

/** States in which a service does its part, or was never asked to. */
const HEALTHY_STATES: ReadonlySet<ServiceState> = new Set(['up', 'suspect', 'disabled']);

/** The health of every service, as Terminus indicators. They read what the registry knows; nothing here waits. */
@Injectable()
export class DeepHealthCheck {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly registry: WatchingRegistry,
    private readonly readiness: Readiness,
    @Inject(CERTIFICATE) private readonly certificate: ServerCertificate | null,
  ) {}

  async check(audience: Audience): Promise<DeepHealth> {
    const isWell = await this.checks.check(SERVICE_NAMES.map((name) => () => this.indicator(name))).then(
      () => true,
      (error: unknown) => {
        if (error instanceof HttpException) return false;
        throw error;
      },
    );
    const services = this.registry.views().map((view) => presentTo(audience, presentService(view)));
    return {
      status: this.status(isWell),
      certificate: audience === 'guest' ? null : this.shownCertificate(),
      services,
    };
  }

  private shownCertificate(): DeepHealth['certificate'] {
    if (!this.certificate) return null;
    const { state, expiresAt, daysLeft } = this.certificate.view();
    return { state, expires_at: expiresAt.toISOString(), days_left: daysLeft };
  }

  private indicator(name: ServiceName): HealthIndicatorResult {
    const { state, reason } = this.registry.view(name);
    const indicator = this.indicators.check(name);
    return HEALTHY_STATES.has(state) ? indicator.up({ state }) : indicator.down({ state, reason });
  }

  private status(isWell: boolean): HealthStatus {
    if (!this.readiness.isReady) return 'unavailable';
    return isWell ? 'ok' : 'degraded';
  }
}

/** What is told to whom: that a service is out to anybody, how it fares to any key, what and where it is to the root key. */
export type Audience = 'guest' | 'key' | 'root';

const EMPTY_HEALTH = {
  kind: null,
  since: null,
  reason: null,
  latency_ms: null,
  version: null,
  error_rate: null,
  in_flight: null,
  lag: null,
};

const presentTo = (audience: Audience, service: Service): DeepHealth['services'][number] => {
  const { name, state } = service;
  if (audience === 'guest') return { name, state, ...EMPTY_HEALTH };
  return present(audience === 'root' ? service : withoutAddresses(service));
};

const present = (service: Service): DeepHealth['services'][number] => ({
  name: service.name,
  kind: service.kind,
  state: service.state,
  since: service.since,
  reason: service.state === 'up' ? null : service.reason,
  latency_ms: service.last_probe?.ok ? service.last_probe.latency_ms : null,
  version: service.version,
  error_rate: service.error_rate,
  in_flight: service.in_flight,
  lag: service.lag,
});
