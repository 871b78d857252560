import type { Time } from './time';

/** How a call ended. `late`: its time was up. `abandoned`: its caller left. */
export type Ending<T> =
  | { readonly how: 'answered'; readonly value: T; readonly elapsedMs: number }
  | { readonly how: 'failed'; readonly error: unknown; readonly elapsedMs: number }
  | { readonly how: 'late'; readonly elapsedMs: number }
  | { readonly how: 'abandoned'; readonly reason: unknown; readonly elapsedMs: number };

export interface Bounds {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `call` until it ends, `timeoutMs` pass or `signal` aborts, whichever is first, and tells it by its signal. Never
 * rejects, and never waits longer: a call that ignores its signal is left behind.
 */
export const boundedCall = <T>(
  time: Time,
  call: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signal }: Bounds,
): Promise<Ending<T>> =>
  new Promise((resolve) => {
    const started = time.now();
    const controller = new AbortController();
    const elapsed = (): number => time.now() - started;
    const end = (ending: Ending<T>): void => {
      callOff();
      signal?.removeEventListener('abort', leave);
      resolve(ending);
    };
    const leave = (): void => {
      end({ how: 'abandoned', reason: signal?.reason, elapsedMs: elapsed() });
      controller.abort(signal?.reason);
    };
    const callOff = time.after(timeoutMs, () => {
      end({ how: 'late', elapsedMs: elapsed() });
      controller.abort(new DOMException(`No answer within ${timeoutMs} ms.`, 'TimeoutError'));
    });
    signal?.addEventListener('abort', leave, { once: true });
    begin(call, controller.signal).then(
      (value) => end({ how: 'answered', value, elapsedMs: elapsed() }),
      (error: unknown) => end({ how: 'failed', error, elapsedMs: elapsed() }),
    );
  });

/** A call that throws before it gives a promise has failed like any other. */
const begin = async <T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> => call(signal);
