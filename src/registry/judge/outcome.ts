import { isServiceFault, type ServiceFault, type ServiceFaultKind } from '../../common/service-fault';

/** What a call indicates about the service's health. */
export type Outcome =
  | { readonly kind: 'good' }
  /** It took, or would have taken, longer than the caller's `slowMs`. */
  | { readonly kind: 'slow' }
  | { readonly kind: 'fault'; readonly weight: number; readonly fault: ServiceFault }
  /** No evidence: the input was refused, the caller left, or our own code failed. */
  | { readonly kind: 'ignored' };

export const GOOD: Outcome = { kind: 'good' };
export const SLOW: Outcome = { kind: 'slow' };
export const IGNORED: Outcome = { kind: 'ignored' };

/** A refusal because of load shows that the service is alive: two of them count as one fault. */
const WEIGHT: Readonly<Record<ServiceFaultKind, number>> = {
  refused: 1,
  reset: 1,
  timeout: 1,
  server_error: 1,
  throttled: 0.5,
  bad_answer: 1,
  wrong_data: 1,
  unauthorised: 1,
  tls: 1,
  incompatible: 1,
  rejected: 0,
  not_admitted: 0,
};

/** Faults that persist until somebody changes a setting. */
const SETTINGS: ReadonlySet<ServiceFaultKind> = new Set(['unauthorised', 'tls', 'incompatible']);

/** How much a fault counts; 0 means no evidence. */
export const weightOf = ({ kind }: ServiceFault): number => WEIGHT[kind];

export const isOfSettings = ({ kind }: ServiceFault): boolean => SETTINGS.has(kind);

/** The outcome of an answer after `elapsedMs`. */
export const outcomeOfAnswer = (elapsedMs: number, slowMs: number): Outcome => (elapsedMs > slowMs ? SLOW : GOOD);

/** The outcome of an error. Errors other than `ServiceFault` are our defects or faults of the input. */
export const outcomeOfError = (error: unknown): Outcome => {
  if (!isServiceFault(error)) return IGNORED;
  const weight = weightOf(error);
  return weight === 0 ? IGNORED : { kind: 'fault', weight, fault: error };
};

/** The outcome when the caller left after `elapsedMs`: ignored, unless the service was already slow. */
export const outcomeOfAbandoned = (elapsedMs: number, slowMs: number): Outcome => (elapsedMs > slowMs ? SLOW : IGNORED);

/** Minimum share of a call's time in which this process could receive an answer, for a timeout to count. */
const HEARING_SHARE = 0.75;

/** Whether a timeout is evidence: the answer may have been unread while our own event loop was blocked. */
export const countsAsTimeout = ({
  elapsedMs,
  lagMs,
}: {
  readonly elapsedMs: number;
  readonly lagMs: number;
}): boolean => elapsedMs - lagMs >= elapsedMs * HEARING_SHARE;
