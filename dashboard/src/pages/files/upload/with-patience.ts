import { ApiError, isPassing } from '../../../api/problem';

const TRIES = 6;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

/** Tries again, after a while, what may well succeed then; a few times. */
export const withPatience = async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || tries === TRIES) throw error;
      const asked = (error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0) * 1000;
      await pause(Math.min(MAX_WAIT_MS, Math.max(asked, FIRST_WAIT_MS * 2 ** (tries - 1))), signal);
    }
  }
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stopped = (): void => {
      clearTimeout(timer);
      reject(new DOMException('The upload was stopped.', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    if (signal.aborted) stopped();
    else signal.addEventListener('abort', stopped, { once: true });
  });
