import type { IncomingMessage, ServerResponse } from 'node:http';
import { setDeadline } from '../../common/deadline';
import { clientClosed, deadlineExceeded, invalidAt } from '../../common/errors';
import { forRequest, type RequestWork } from '../../common/request-work';
import { onceClosed } from './once-closed';
import { withOutcomeOf } from './outcome';

const MIN_MS = 50;
const MAX_MS = 60_000;
/** Time after the signal for a handler to report its own outcome: a commit in progress, or its own error. */
const GRACE_MS = 250;

/** The deadline a request asks for; `fallback` when it asks for none. */
export const requestTimeout = (header: string | undefined, fallback: number | null): number | null => {
  if (header === undefined) return fallback;
  const value = /^\d{1,6}$/.test(header) ? Number(header) : Number.NaN;
  if (value >= MIN_MS && value <= MAX_MS) return value;
  throw invalidAt('header:request-timeout', `must be milliseconds from ${MIN_MS} to ${MAX_MS}`);
};

export interface DeadlineOptions {
  /** Milliseconds; `null` never ends it. */
  readonly timeoutMs: number | null;
  /** Of its time, what is gone already: the key may have taken long to look up. */
  readonly spentMs?: number;
  /** Whether its errors report the outcome. */
  readonly isWrite: boolean;
  /** Whose work it is. */
  readonly projectId?: number;
}

/**
 * Runs `work` with a signal that aborts at the deadline or when the client hangs up; a while after the deadline the
 * answer is `deadline_exceeded`, whatever `work` still does. What it writes is bound by the deadline, too: after an
 * error nothing more is committed, so that the reported outcome stays true.
 */
export const withDeadline = <T>(
  { timeoutMs, spentMs = 0, isWrite, projectId }: DeadlineOptions,
  response: ServerResponse<IncomingMessage>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const leftMs = timeoutMs === null ? null : Math.max(0, timeoutMs - spentMs);
  const settle = async (request: RequestWork): Promise<T> => {
    try {
      const value = await race(timeoutMs, leftMs, response, work);
      request.end();
      return value;
    } catch (error) {
      const settled = withOutcomeOf(error, request);
      throw isWrite ? settled : error;
    }
  };
  return forRequest(timeoutMs, leftMs, settle, projectId);
};

const race = <T>(
  timeoutMs: number | null,
  leftMs: number | null,
  response: ServerResponse<IncomingMessage>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const controller = new AbortController();
    if (leftMs !== null) setDeadline(controller.signal, leftMs);
    let graceTimer: NodeJS.Timeout | undefined;
    const expire = (): void => {
      const fault = deadlineExceeded(timeoutMs ?? 0);
      controller.abort(fault);
      graceTimer = setTimeout(() => settle(() => reject(fault)), GRACE_MS);
    };
    const timer = leftMs === null ? undefined : setTimeout(expire, leftMs);
    const hangUp = (): void => controller.abort(clientClosed());
    onceClosed(response, hangUp);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      clearTimeout(graceTimer);
      response.off('close', hangUp);
      end();
    };
    work(controller.signal).then(
      (value) => settle(() => resolve(value)),
      (error: unknown) =>
        settle(() => reject(controller.signal.aborted ? abortReason(controller.signal, error) : error)),
    );
  });

/** An abort that a library reports in its own words is the deadline's doing. */
const abortReason = (signal: AbortSignal, error: unknown): unknown =>
  error instanceof Error && error.name === 'AbortError' ? signal.reason : error;
