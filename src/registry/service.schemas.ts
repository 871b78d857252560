import { createHash } from 'node:crypto';
import { z } from 'zod';
import { publicReason } from './public-reason';
import { SERVICE_NAMES, SERVICE_STATES } from './service';
import type { ServiceView } from './service-view';
import type { StoredTransition } from './transition-store';
import { timestamp } from '../api/schemas';

const percentiles = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .meta({ id: 'Percentiles' })
  .nullable();

export const serviceSchema = z
  .object({
    name: z.enum(SERVICE_NAMES),
    kind: z.string().nullable().meta({ description: 'The implementation, such as `server` or `embedded`.' }),
    state: z.enum(SERVICE_STATES),
    since: timestamp,
    reason: z.string(),
    endpoints: z.array(z.string()).meta({ description: 'Without credentials. For the root key; empty for others.' }),
    version: z.string().nullable().meta({ description: 'For the root key; null for others.' }),
    capabilities: z.array(z.string()),
    probe_interval_ms: z.number().nullable(),
    probe_timeout_ms: z.number().nullable(),
    last_probe: z
      .object({
        at: timestamp,
        ok: z.boolean(),
        latency_ms: z.number(),
        fault: z.string().nullable(),
        detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      })
      .meta({ id: 'ServiceProbe' })
      .nullable(),
    latency_ms: z
      .object({ read: percentiles, write: percentiles })
      .meta({ description: 'Over the successful calls of the last minute; null with fewer than 20.' }),
    error_rate: z.number().nullable().meta({ description: 'Share of failed calls in the last minute.' }),
    calls_per_minute: z.int(),
    in_flight: z.int(),
    lag: z
      .object({ records: z.int(), seconds: z.number() })
      .meta({ id: 'ServiceLag' })
      .nullable()
      .meta({ description: 'How far it is behind the record.' }),
    can_rebuild: z.boolean(),
  })
  .meta({ id: 'Service' });

export const transitionSchema = z.object({
  from: z.enum(SERVICE_STATES),
  to: z.enum(SERVICE_STATES),
  reason: z.string(),
  at: timestamp,
  replica: z.string().meta({ description: 'The process that recorded the change: each process judges independently.' }),
});
z.globalRegistry.add(transitionSchema, { id: 'ServiceTransition' });

export type Service = z.output<typeof serviceSchema>;
export type Transition = z.output<typeof transitionSchema>;

export const presentService = (view: ServiceView): Service => ({
  name: view.name,
  kind: view.kind,
  state: view.state,
  since: view.since.toISOString(),
  reason: view.reason,
  endpoints: [...view.endpoints],
  version: view.version,
  capabilities: [...view.capabilities],
  probe_interval_ms: view.probe?.intervalMs ?? null,
  probe_timeout_ms: view.probe?.timeoutMs ?? null,
  last_probe: presentProbe(view.lastProbe),
  latency_ms: { read: view.latency.read, write: view.latency.write },
  error_rate: view.errorRate,
  calls_per_minute: view.calls,
  in_flight: view.inFlight,
  lag: view.lag,
  can_rebuild: view.canRebuild,
});

export const presentTransition = (row: StoredTransition): Transition => ({
  from: row.from_state,
  to: row.to_state,
  reason: row.reason,
  at: row.at.toISOString(),
  replica: row.replica,
});

/** For projects' keys: they may see that a service is out, but not its address or product. */
export const withoutAddresses = (service: Service): Service => ({
  ...service,
  reason: publicReason(service.state),
  endpoints: [],
  version: null,
  last_probe: service.last_probe && { ...service.last_probe, detail: {} },
});

/** The replica's name contains its host; a digest also tells replicas apart. */
export const withoutHosts = (transition: Transition): Transition => ({
  ...transition,
  reason: publicReason(transition.to),
  replica: createHash('sha256').update(transition.replica).digest('hex').slice(0, 8),
});

/** Milliseconds with two decimals, for people to read. */
export const roundMs = (ms: number): number => Math.round(ms * 100) / 100;

const presentProbe = (probe: ServiceView['lastProbe']): Service['last_probe'] =>
  probe && {
    at: probe.at.toISOString(),
    ok: probe.ok,
    latency_ms: roundMs(probe.latencyMs),
    fault: probe.fault ?? null,
    detail: { ...probe.report?.detail },
  };
