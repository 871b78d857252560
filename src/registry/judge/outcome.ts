import { isServiceFault, type ServiceFault, type ServiceFaultKind } from '../../common/service-fault';

/** What a call says about the service's health. */
export type Outcome =
  | { readonly kind: 'good' }
  /** It took, or would have taken, longer than the caller calls quick. */
  | { readonly kind: 'slow' }
  | { readonly kind: 'fault'; readonly weight: number; readonly fault: ServiceFault }
  /** It says nothing: the input was refused, the caller left, or our own code failed. */
  | { readonly kind: 'ignored' };

export const GOOD: Outcome = { kind: 'good' };
export const SLOW: Outcome = { kind: 'slow' };
export const IGNORED: Outcome = { kind: 'ignored' };

/** A refusal for its load shows that the service lives: two of them count as one fault. */
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

/** Faults that no waiting heals: somebody has to change a setting. */
const SETTINGS: ReadonlySet<ServiceFaultKind> = new Set(['unauthorised', 'tls', 'incompatible']);

/** How much a fault counts; 0 says nothing of the service. */
export const weightOf = ({ kind }: ServiceFault): number => WEIGHT[kind];

export const isOfSettings = ({ kind }: ServiceFault): boolean => SETTINGS.has(kind);

/** What an answer after `elapsedMs` says. */
export const outcomeOfAnswer = (elapsedMs: number, slowMs: number): Outcome => (elapsedMs > slowMs ? SLOW : GOOD);

/** What an error says. Errors that are no `ServiceFault` are defects of ours, or faults of the input. */
export const outcomeOfError = (error: unknown): Outcome => {
  if (!isServiceFault(error)) return IGNORED;
  const weight = weightOf(error);
  return weight === 0 ? IGNORED : { kind: 'fault', weight, fault: error };
};

/** What it says that the caller left after `elapsedMs`: nothing, unless the service had been slow by then. */
export const outcomeOfAbandoned = (elapsedMs: number, slowMs: number): Outcome => (elapsedMs > slowMs ? SLOW : IGNORED);

/** Of a call's time, the share in which this process must have been able to hear for a late answer to mean anything. */
const HEARING_SHARE = 0.75;

/** Whether a timeout is evidence: the answer may have lain there unread while our own event loop stood still. */
export const wasHeard = ({ elapsedMs, lagMs }: { readonly elapsedMs: number; readonly lagMs: number }): boolean =>
  elapsedMs - lagMs >= elapsedMs * HEARING_SHARE;
