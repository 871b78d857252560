import { eventLoopLag } from '../common/event-loop-lag';

/** Time as the registry uses it: injected, so that a simulation can own it. */
export interface Time {
  /** Milliseconds on a clock that never goes back; not the time of day. */
  now(): number;
  /** Milliseconds of the last `sinceMs` in which the event loop was blocked, so that no answer could be received. */
  lagMs(sinceMs: number): number;
  /** Calls `act` once after `ms`; returns the function that cancels it. */
  after(ms: number, act: () => void): () => void;
  /** The same for work that must not keep the process alive. */
  afterInBackground(ms: number, act: () => void): () => void;
}

/** The process's own monotonic clock. */
export const systemTime: Time = {
  now: () => performance.now(),
  lagMs: (sinceMs) => eventLoopLag.during(sinceMs),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  afterInBackground(ms, act) {
    const timer = setTimeout(act, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A number from 0 up to 1, as `Math.random` returns. */
export type Random = () => number;
