import { afterHearing } from './lag-free-timeout';
import type { Time } from './time';

/**
 * How a call ended. `late`: its time was up. `abandoned`: its caller left. For `lagMs` of `elapsedMs` this process
 * could not receive an answer, because its own event loop was blocked.
 */
export type Ending<T> = (
  | { readonly how: 'answered'; readonly value: T }
  | { readonly how: 'failed'; readonly error: unknown }
  | { readonly how: 'late' }
  | { readonly how: 'abandoned'; readonly reason: unknown }
) & { readonly elapsedMs: number; readonly lagMs: number };

export interface Bounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Extends the timeout by the time in which this process could not receive an answer: for callers that collect
   * evidence.
   */
  readonly hearing?: boolean;
}

/**
 * Runs `call` until it ends, `timeoutMs` pass or `signal` aborts, whichever is first, and aborts the call's own signal.
 * Never rejects, and never waits longer: a call that ignores its signal is abandoned.
 */
export const boundedCall = <T>(
  time: Time,
  call: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signal, hearing = false }: Bounds,
): Promise<Ending<T>> =>
  new Promise((resolve) => {
    const started = time.now();
    const controller = new AbortController();
    const spent = (): { elapsedMs: number; lagMs: number } => {
      const elapsedMs = time.now() - started;
      return { elapsedMs, lagMs: time.lagMs(elapsedMs) };
    };
    const end = (ending: Ending<T>): void => {
      callOff();
      signal?.removeEventListener('abort', leave);
      resolve(ending);
    };
    const leave = (): void => {
      end({ how: 'abandoned', reason: signal?.reason, ...spent() });
      controller.abort(signal?.reason);
    };
    const after = hearing ? afterHearing.bind(undefined, time) : time.after.bind(time);
    const callOff = after(timeoutMs, () => {
      end({ how: 'late', ...spent() });
      controller.abort(new DOMException(`No answer within ${timeoutMs} ms.`, 'TimeoutError'));
    });
    signal?.addEventListener('abort', leave, { once: true });
    begin(call, controller.signal).then(
      (value) => end({ how: 'answered', value, ...spent() }),
      (error: unknown) => end({ how: 'failed', error, ...spent() }),
    );
  });

/** A call that throws before it returns a promise has failed like any other. */
const begin = async <T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => call(signal);
