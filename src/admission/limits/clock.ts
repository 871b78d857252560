import { eventLoopLag } from '../../common/event-loop-lag';

const RECENT_MS = 250;

/** Time as admission uses it: injected, so that a simulation can own it. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls `act` once after `ms`; returns the function that cancels it. */
  after(ms: number, act: () => void): () => void;
  /** Milliseconds that a timer would probably fire late by at present. */
  lateMs(): number;
}

export const processClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  lateMs: () => eventLoopLag.during(RECENT_MS),
};
