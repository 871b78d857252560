export const SERVICE_NAMES = ['postgres', 'qdrant', 'object_store', 'broker', 'embeddings'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
export type ServiceState = 'disabled' | 'up' | 'suspect' | 'down' | 'recovering' | 'drained';

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** A service as `/v1/services` shows it. Times are RFC 3339, figures milliseconds unless they say otherwise. */
export interface Service {
  readonly name: ServiceName;
  readonly kind: string | null;
  readonly state: ServiceState;
  readonly since: string;
  readonly reason: string;
  readonly endpoints: readonly string[];
  readonly version: string | null;
  readonly capabilities: readonly string[];
  readonly probe_interval_ms: number | null;
  readonly probe_timeout_ms: number | null;
  readonly last_probe: {
    readonly at: string;
    readonly ok: boolean;
    readonly latency_ms: number;
    readonly fault: string | null;
    readonly detail: Readonly<Record<string, string | number | boolean>>;
  } | null;
  readonly latency_ms: { readonly read: Percentiles | null; readonly write: Percentiles | null };
  readonly error_rate: number | null;
  readonly calls_per_minute: number;
  readonly in_flight: number;
  readonly lag: { readonly records: number; readonly seconds: number } | null;
  readonly can_rebuild: boolean;
}

export interface Transition {
  readonly from: ServiceState;
  readonly to: ServiceState;
  readonly reason: string;
  readonly at: string;
  readonly replica: string;
}

export interface ServiceTransition extends Transition {
  readonly service: ServiceName;
}

export const SERVICE_TITLES: Readonly<Record<ServiceName, string>> = {
  postgres: 'Postgres',
  qdrant: 'Qdrant',
  object_store: 'Object store',
  broker: 'Broker',
  embeddings: 'Embeddings',
};

/** Whether requests are given to it. */
export const isUsed = (service: Service | undefined): boolean =>
  service?.state === 'up' || service?.state === 'suspect';
