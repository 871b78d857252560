import type { Time } from './time';

/**
 * Calls `act` after `ms` in which this process could have received an answer: time in which its own event loop was
 * blocked is not the service's fault, and extends the wait. Returns the function that cancels it.
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
/** After a stall, answers that arrived meanwhile are read first. */
const LEAST_MS = 20;

/** Milliseconds since `sinceMs` in which this process could receive answers. */
export const heardMs = (time: Time, sinceMs: number): number => {
  const passedMs = time.now() - sinceMs;
  return passedMs - time.lagMs(passedMs);
};
