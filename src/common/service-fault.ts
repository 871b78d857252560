/**
 * Kinds of faults of a service, independent of its client. `wrong_data`: it answers, but not with our data (emptied,
 * restored, foreign). `rejected`: it refuses this one input, which says nothing about its health.
 */
export type ServiceFaultKind =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'server_error'
  | 'throttled'
  | 'bad_answer'
  | 'wrong_data'
  | 'unauthorised'
  | 'tls'
  | 'incompatible'
  | 'rejected'
  | 'not_admitted';

export interface ServiceFaultOptions {
  /** The pause that the service asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether a write may have happened, or may still happen. */
  readonly outcomeUnknown?: boolean;
  /** Whether the service has no room left. */
  readonly isFull?: boolean;
  readonly cause?: unknown;
}

/** A failed call to a service of the registry. Its message is for operators: it names the remedy, never a secret. */
export class ServiceFault extends Error {
  readonly retryAfterMs: number | undefined;
  readonly outcomeUnknown: boolean;
  readonly isFull: boolean;

  constructor(
    readonly service: string,
    readonly kind: ServiceFaultKind,
    message: string,
    options: ServiceFaultOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ServiceFault';
    this.retryAfterMs = options.retryAfterMs;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
    this.isFull = options.isFull ?? false;
  }
}

export const isServiceFault = (error: unknown): error is ServiceFault => error instanceof ServiceFault;

/** Whether another candidate may be tried: for every fault except a refusal of the input itself. */
export const isAvailabilityFault = (error: unknown): error is ServiceFault =>
  isServiceFault(error) && error.kind !== 'rejected';
