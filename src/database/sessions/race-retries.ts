import { sleep } from '../../common/sleep';
import { conflictOf } from './faults';

const MOST_ATTEMPTS = 10;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Retries work that failed with a deadlock or serialization failure (40P01, 40001), as long as its time allows. */
export class RaceRetries {
  readonly counts = { deadlock: 0, serialization: 0 };

  /** Passes the remaining milliseconds to `work`. Throws the last failure when none are left. */
  async run<T>(limitMs: number, work: (leftMs: number) => Promise<T>): Promise<T> {
    const until = performance.now() + limitMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work(until - performance.now());
      } catch (error) {
        const race = conflictOf(causeOf(error));
        const pauseMs = pauseBefore(attempt);
        if (!race || attempt >= MOST_ATTEMPTS || performance.now() + pauseMs >= until) throw error;
        this.counts[race] += 1;
        await sleep(pauseMs);
      }
    }
  }
}

/** The fault that callers see has the race as its cause. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;

/** Between half and all of a span that doubles, so that two conflicting transactions do not retry in step. */
const pauseBefore = (attempt: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
