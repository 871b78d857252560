import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { unavailable, ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { noSuchUpload } from './errors';

interface Join {
  readonly stop: AbortController;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
}

/**
 * The uploads whose parts this process joins, one join of each at a time. Clients hang up after a minute and ask again, and a large
 * file takes longer: a join continues without its client, so that a later request finds it done.
 */
@Injectable()
export class Joins implements OnApplicationShutdown {
  private readonly running = new Map<string, Join>();

  /**
   * Runs `join` once no other one of this upload is running. Its signal aborts when the upload is dropped, the process ends or the
   * deadline that the client has set is over; not when the client hangs up. `signal` ends the wait for another one.
   */
  async run<T>(scope: Scope, id: string, signal: AbortSignal, join: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const key = keyOf(scope, id);
    for (let other = this.running.get(key); other; other = this.running.get(key)) await either(other.ended, signal);
    signal.throwIfAborted();
    const stop = new AbortController();
    const late = (): void => {
      if (!isHangUp(signal.reason)) stop.abort(signal.reason);
    };
    signal.addEventListener('abort', late, { once: true });
    const joined = join(stop.signal);
    const ended = joined.then(
      () => undefined,
      () => undefined,
    );
    this.running.set(key, { stop, ended });
    try {
      return await joined;
    } finally {
      this.running.delete(key);
      signal.removeEventListener('abort', late);
    }
  }

  /** Of an upload that is gone: what is left of it need not be read. */
  drop(scope: Scope, id: string): void {
    this.running.get(keyOf(scope, id))?.stop.abort(noSuchUpload());
  }

  onApplicationShutdown(): void {
    for (const { stop } of this.running.values()) stop.abort(unavailable('ZeroDB'));
  }
}

const keyOf = ({ projectId }: Scope, id: string): string => `${projectId}/${id}`;

const isHangUp = (reason: unknown): boolean => reason instanceof ZeroDbError && reason.code === 'client_closed';

/** Throws the reason when the signal comes first. */
const either = async (ended: Promise<unknown>, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([ended, aborted]).finally(() => signal.removeEventListener('abort', stop));
  signal.throwIfAborted();
};
