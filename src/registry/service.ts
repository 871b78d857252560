/** The services that ZeroDB coordinates. The name is the role, never a product: `object_store`, `broker`. */
export const SERVICE_NAMES = ['postgres', 'qdrant', 'object_store', 'broker', 'embeddings'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/**
 * `disabled`: not configured. `up`. `suspect`: some failures, still used, hedged. `down`: not used. `recovering`: answers
 * again, catches up, is compared; not used for reads. `drained`: taken out by an operator.
 */
export const SERVICE_STATES = ['disabled', 'up', 'suspect', 'down', 'recovering', 'drained'] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

export interface ProbeReport {
  readonly version?: string;
  /** Details for operators; no secrets. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** How far behind the record a follower is. */
export interface Lag {
  readonly records: number;
  readonly seconds: number;
}

/** Describes a service to the registry. The client's owner creates it; the registry never sees the client. */
export interface ServiceDescriptor {
  readonly name: ServiceName;
  /** The implementation: `qdrant`, `s3`, `kafka`, `server`, `embedded`, `local`, `openai`. */
  readonly kind: string;
  /** Addresses, without credentials. */
  readonly endpoints: readonly string[];
  readonly capabilities: readonly string[];
  /** Exercises the data plane. Rejects with a `ServiceFault`; must end soon after `signal` aborts. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeReport>;
  /** Milliseconds between probes (default 1,000) and for one probe (default 500). */
  readonly probeIntervalMs?: number;
  readonly probeTimeoutMs?: number;
  /** Maximum calls in flight; more are refused, never queued. Default 20. */
  readonly maxInFlight?: number;
  /**
   * Brings the service in sync with the record and compares it. Called once the service answers again; reads return to
   * it when this resolves. If absent, the service may serve as soon as it answers.
   */
  readonly recover?: (signal: AbortSignal) => Promise<void>;
  /** Cheap; read by `/v1/services` and the metrics. */
  readonly lag?: () => Lag | undefined;
  /** Rebuilds the service's copy; resolves when it serves. `report` receives the progress. */
  readonly rebuild?: (report: (progress: Record<string, unknown>) => Promise<void>) => Promise<void>;
}

export type Direction = 'read' | 'write';

export interface CallOptions {
  /** Milliseconds this call may take; the rest of the request's time at most. */
  readonly timeoutMs: number;
  /**
   * The request's own signal: its end ends the call, and is evidence about the service only if that was already slow.
   */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which an answer counts as slow. Default 80 % of `timeoutMs`. */
  readonly slowMs?: number;
}

/**
 * One service as its callers see it: whether it is used, and a gate through which each call passes, so that its outcome
 * reaches the judge.
 */
export interface ServiceGate {
  readonly name: ServiceName;
  readonly state: ServiceState;
  /** Reads: `up` or `suspect`. Writes of a follower: also while `recovering`. */
  admits(direction: Direction): boolean;
  /**
   * Runs `call` under its own deadline and reports its outcome. Rejects with a `ServiceFault` of kind `not_admitted` when
   * the service is not used or has too many calls in flight, and of kind `timeout` when time is up.
   */
  run<T>(direction: Direction, call: (signal: AbortSignal) => Promise<T>, options: CallOptions): Promise<T>;
  /** Milliseconds within which 95 % of the recent successful reads ended; `undefined` with too few calls. */
  readonly p95Ms: number | undefined;
  /** Reports a fault found outside of `run`: a foreign epoch, a missing collection. Takes the service out at once. */
  trip(reason: string): void;
}

/** Provides the gates and the changes of state to the rest of the product. */
export abstract class ServiceRegistry {
  /** Starts watching the service. A second descriptor of the same name is a mistake and throws. */
  abstract register(descriptor: ServiceDescriptor): ServiceGate;
  /** A service that was never registered is `disabled`: its gate admits nothing. */
  abstract gate(name: ServiceName): ServiceGate;
  /** Calls `listener` after each change of state; returns the function that stops it. */
  abstract onTransition(listener: (transition: Transition) => void): () => void;
}

export interface Transition {
  readonly service: ServiceName;
  readonly from: ServiceState;
  readonly to: ServiceState;
  readonly reason: string;
  readonly at: Date;
}
