import type { ServiceGate } from '../registry/service';

/** A second candidate is not started sooner than this: most answers are there by then. */
const MIN_DELAY_MS = 60;
/** While a service is doubted its callers should not pay for it. */
const DOUBTED_DELAY_MS = 25;
/** The latest the second candidate is started, as a share of the first one's time. */
const MAX_SHARE = 0.5;

/**
 * Milliseconds to wait for the first candidate before the second is started beside it: its recent p95, at least 60 ms, at
 * most half of `timeoutMs`. A `suspect` service is waited for 25 ms only.
 */
export const hedgeDelayMs = ({ state, p95Ms }: Pick<ServiceGate, 'state' | 'p95Ms'>, timeoutMs: number): number => {
  const usual = state === 'suspect' ? DOUBTED_DELAY_MS : Math.max(MIN_DELAY_MS, p95Ms ?? 0);
  return Math.min(usual, timeoutMs * MAX_SHARE);
};

/** Whether a hedge must be paid for from the budget. Those of a `suspect` service are what keeps its faults unseen. */
export const isHedgeFree = ({ state }: Pick<ServiceGate, 'state'>): boolean => state === 'suspect';
