import { asError } from '../common/as-error';
import type { Recorder } from './recorder';

export interface Pace {
  /** No more work is begun; resolves when what runs has ended. */
  stop(): Promise<void>;
}

const TICK_MS = 10;
/** The load rises for this long: a process that has just started is slower, and no load begins at its height. */
const RAMP_MS = 3_000;
/** More are on their way at once only when nobody answers. */
const MOST_IN_FLIGHT = 600;

/**
 * Begins `work` so many times a second, however long each takes: users do not wait for one another, and a slow service
 * must not make its own load smaller.
 */
export const pace = (perSecond: number, recorder: Recorder, work: () => Promise<void>): Pace => {
  const running = new Set<Promise<void>>();
  const begunAt = performance.now();
  let begun = 0;
  let broken: Error | undefined;
  const begin = (): void => {
    const one: Promise<void> = work()
      .catch((error: unknown) => void (broken ??= asError(error)))
      .finally(() => running.delete(one));
    running.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor((risen(performance.now() - begunAt) / 1000) * perSecond);
    for (; begun < due; begun += 1) {
      if (running.size < MOST_IN_FLIGHT) begin();
      else recorder.heldBack += 1;
    }
  }, TICK_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(running);
      if (broken !== undefined) throw broken;
    },
  };
};

/** Milliseconds at full height that the time so far is worth. */
const risen = (ms: number): number => (ms < RAMP_MS ? ms ** 2 / (2 * RAMP_MS) : ms - RAMP_MS / 2);
