/** The default time limit of a request. */
export const DEFAULT_DEADLINE_MS = 2_000;

const deadlines = new WeakMap<AbortSignal, number>();

/** Records when `signal` will abort, so that its work can divide the remaining time. */
export const setDeadline = (signal: AbortSignal, inMs: number): void => {
  deadlines.set(signal, performance.now() + inMs);
};

/** Milliseconds until `signal` aborts by its deadline; `fallback` when it has none. Never negative. */
export const remainingMs = (signal: AbortSignal | undefined, fallback: number): number => {
  const deadline = signal && deadlines.get(signal);
  return deadline === undefined ? fallback : Math.max(0, deadline - performance.now());
};
