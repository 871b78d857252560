/** The time of a request that asks for no other. */
export const DEFAULT_DEADLINE_MS = 2_000;

const deadlines = new WeakMap<AbortSignal, number>();

/** Notes when `signal` will abort, so that what is asked on its behalf can divide the time that is left. */
export const setDeadline = (signal: AbortSignal, inMs: number): void => {
  deadlines.set(signal, performance.now() + inMs);
};

/** Milliseconds until `signal` aborts by its deadline; `fallback` when it has none. Never negative. */
export const remainingMs = (signal: AbortSignal | undefined, fallback: number): number => {
  const deadline = signal && deadlines.get(signal);
  return deadline === undefined ? fallback : Math.max(0, deadline - performance.now());
};
