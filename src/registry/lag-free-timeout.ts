import type { Time } from './time';

/**
 * Calls `act` when `ms` have passed in which this process could have heard an answer: what its own event loop stood still
 * is not the service's doing, and is waited for in addition. Returns what calls it off.
 */
export const afterHearing = (time: Time, ms: number, act: () => void): (() => void) => {
  const startedAt = time.now();
  let callOff = (): void => undefined;
  const wait = (forMs: number): void => {
    callOff = time.after(forMs, () => {
      const missingMs = ms - heardMs(time, startedAt);
      if (missingMs <= TOLERANCE_MS) act();
      else wait(Math.max(missingMs, LEAST_MS));
    });
  };
  wait(ms);
  return () => callOff();
};

/** Timers end a little early or late. */
const TOLERANCE_MS = 5;
/** After a stall the answers that came meanwhile are read first. */
const LEAST_MS = 20;

/** Milliseconds since `sinceMs` in which this process could hear. */
export const heardMs = (time: Time, sinceMs: number): number => {
  const passedMs = time.now() - sinceMs;
  return passedMs - time.lagMs(passedMs);
};
