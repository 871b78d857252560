/**
 * What can go wrong with a service, whichever client speaks to it.
 * `wrong_data`: it answers, but not with our data (emptied, restored, foreign). `rejected`: it refuses this one input,
 * which is no fault of its health.
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
  /** Milliseconds that the service asked to be left alone. */
  readonly retryAfterMs?: number;
  /** Whether a write may have happened, or may still happen. */
  readonly outcomeUnknown?: boolean;
  readonly cause?: unknown;
}

/** A failed call to a service of the registry. Its message is for operators: it names the remedy, never a secret. */
export class ServiceFault extends Error {
  readonly retryAfterMs: number | undefined;
  readonly outcomeUnknown: boolean;

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
  }
}

export const isServiceFault = (error: unknown): error is ServiceFault => error instanceof ServiceFault;

/** Whether another candidate may be asked: everything but a refusal of the input itself. */
export const isAvailabilityFault = (error: unknown): error is ServiceFault =>
  isServiceFault(error) && error.kind !== 'rejected';
