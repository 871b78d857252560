import type { LatencyWindow, Percentiles } from './latency-window';
import type { LastProbe } from './probe-loop';
import { SERVICE_NAMES, type Lag, type ServiceName, type ServiceState } from './service';
import type { WatchedService } from './watched-service';

/** The current state of a service, for operators. No secrets. */
export interface ServiceView {
  readonly name: ServiceName;
  /** `null` while it is `disabled`, as are the other figures. */
  readonly kind: string | null;
  readonly state: ServiceState;
  readonly since: Date;
  readonly reason: string;
  readonly endpoints: readonly string[];
  readonly version: string | null;
  readonly capabilities: readonly string[];
  readonly probe: { readonly intervalMs: number; readonly timeoutMs: number } | null;
  readonly lastProbe: LastProbe | null;
  readonly latency: { readonly read: Percentiles | null; readonly write: Percentiles | null };
  /** Share of the calls of the last minute that failed; `null` without calls. */
  readonly errorRate: number | null;
  readonly calls: number;
  readonly inFlight: number;
  readonly lag: Lag | null;
  readonly canRebuild: boolean;
}

/** A service that is not configured in this process. */
export const disabledView = (name: ServiceName, since: Date): ServiceView => ({
  name,
  kind: null,
  state: 'disabled',
  since,
  reason: 'not configured',
  endpoints: [],
  version: null,
  capabilities: [],
  probe: null,
  lastProbe: null,
  latency: { read: null, write: null },
  errorRate: null,
  calls: 0,
  inFlight: 0,
  lag: null,
  canRebuild: false,
});

/** The view of `service` at `nowMs` of the monotonic clock. Reads memory only. */
export const viewOf = ({ descriptor, judge, gate, probes, since, lag }: WatchedService, nowMs: number): ServiceView => {
  const recent = gate.recent.total(nowMs);
  const percentiles = (window: LatencyWindow): Percentiles | null => window.percentiles(nowMs) ?? null;
  return {
    name: descriptor.name,
    kind: descriptor.kind,
    state: judge.state,
    since,
    reason: judge.reason,
    endpoints: descriptor.endpoints.map(redacted),
    version: probes.version ?? null,
    capabilities: descriptor.capabilities,
    probe: { intervalMs: probes.intervalMs, timeoutMs: probes.timeoutMs },
    lastProbe: probes.last ?? null,
    latency: { read: percentiles(gate.reads), write: percentiles(gate.writes) },
    errorRate: recent.calls === 0 ? null : recent.faults / recent.calls,
    calls: recent.calls,
    inFlight: gate.inFlight,
    lag: lag ?? null,
    canRebuild: descriptor.rebuild !== undefined,
  };
};

/** An address without user, password and parameters, whatever its owner passed. */
export const redacted = (endpoint: string): string => {
  if (!endpoint.includes('://')) return endpoint.replace(/^[^/]*@/, '');
  try {
    const { protocol, host, pathname } = new URL(endpoint);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return '(not a valid address)';
  }
};

/** The name, if it is a service's. */
export const serviceNameOf = (name: string): ServiceName | undefined => SERVICE_NAMES.find((known) => known === name);
