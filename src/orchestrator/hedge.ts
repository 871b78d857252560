import type { ServiceGate } from '../registry/service';

/** A second candidate does not start earlier: most answers have arrived by then. */
const MIN_DELAY_MS = 60;
/** Short, so that callers do not wait for a doubted service. */
const DOUBTED_DELAY_MS = 25;
/** The latest start of the second candidate, as a share of the first one's timeout. */
const MAX_SHARE = 0.5;

/**
 * Milliseconds to wait for the first candidate before the second one starts in parallel: its recent p95, at least 60
 * ms, at most half of `timeoutMs`. For a `suspect` service only 25 ms.
 */
export const hedgeDelayMs = ({ state, p95Ms }: Pick<ServiceGate, 'state' | 'p95Ms'>, timeoutMs: number): number => {
  const usual = state === 'suspect' ? DOUBTED_DELAY_MS : Math.max(MIN_DELAY_MS, p95Ms ?? 0);
  return Math.min(usual, timeoutMs * MAX_SHARE);
};

/** Whether a hedge is free of the budget. Those for a `suspect` service are: they hide its faults from callers. */
export const isHedgeFree = ({ state }: Pick<ServiceGate, 'state'>): boolean => state === 'suspect';
