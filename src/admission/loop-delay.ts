import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const LOOK_MS = 250;
/** On the average of a look. Shorter delays are what a busy process has anyway. */
const LATE_MS = 60;

/** Watches the event loop: what runs on it is as scarce as any service. Returns what ends the watch. */
export const watchLoopDelay = (onLate: (delayMs: number) => void): (() => void) => {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const timer = setInterval(() => {
    const delayMs = histogram.count === 0 ? 0 : histogram.mean / 1e6 - RESOLUTION_MS;
    histogram.reset();
    if (delayMs > LATE_MS) onLate(delayMs);
  }, LOOK_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    histogram.disable();
  };
};
