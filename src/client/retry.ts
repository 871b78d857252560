import { nothingWasApplied } from './doubt';
import { ApiError, isRetryable } from './errors';

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;
/** A server that asks for a longer wait is not waited for: the caller gets its refusal. */
const LONGEST_WAIT_MS = 60_000;

/** Whether a call that failed like this is made again, and after how many milliseconds. `attempt` counts from 0. */
export function retryDelayMs(error: unknown, attempt: number, isRepeatable: boolean): number | undefined {
  if (!isRetryable(error)) return undefined;
  if (!isRepeatable && !nothingWasApplied(error)) return undefined;
  const askedMs = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
  if (askedMs > LONGEST_WAIT_MS) return undefined;
  return askedMs + backOffMs(attempt);
}

/** Full jitter: clients that failed together do not return together, nor when a server names the same wait to all of them. */
export const backOffMs = (attempt: number): number =>
  Math.random() * Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attempt);

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
