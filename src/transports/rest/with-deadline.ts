import { remainingMs, setDeadline } from '../../common/deadline';
import { deadlineExceeded } from '../../common/errors';
import { forRequest } from '../../common/request-work';
import { withOutcomeOf } from './outcome';

/** Time after the signal for the work to report its own outcome: a commit in progress, or its own error. */
const GRACE_MS = 150;

export interface WithDeadlineOptions {
  /** Milliseconds; `null` adds no limit. */
  readonly timeoutMs: number | null;
  /** Whether its errors report the outcome. */
  readonly isWrite: boolean;
}

/** Runs `work` for at most `timeoutMs`; its signal also aborts with `outer`. */
export const withDeadline = async <T>(
  { timeoutMs, isWrite }: WithDeadlineOptions,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  await forRequest(timeoutMs, timeoutMs, async (request) => {
    try {
      const value = timeoutMs === null ? await work(outer) : await race(timeoutMs, outer, work);
      request.end();
      return value;
    } catch (error) {
      const settled = withOutcomeOf(error, request);
      throw isWrite ? settled : error;
    }
  });

const race = async <T>(
  timeoutMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const controller = new AbortController();
  setDeadline(controller.signal, Math.min(timeoutMs, remainingMs(outer, timeoutMs)));
  const fault = deadlineExceeded(timeoutMs);
  const abort = (): void => controller.abort(outer.reason);
  if (outer.aborted) abort();
  outer.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => controller.abort(fault), timeoutMs);
  let late: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(fault), timeoutMs + GRACE_MS);
  });
  try {
    return await Promise.race([work(controller.signal), overdue]);
  } catch (error) {
    // An abort that a library reports in its own words is the deadline's doing.
    throw error instanceof Error && error.name === 'AbortError' && controller.signal.aborted
      ? controller.signal.reason
      : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
    outer.removeEventListener('abort', abort);
  }
};
