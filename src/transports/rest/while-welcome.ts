import type { ServerResponse } from 'node:http';
import type { AccessWatch } from '../../auth/access-watch';
import type { Caller } from '../../common/scope';
import { onceClosed } from './once-closed';

/**
 * Runs `work` until its answer has been sent to the end, and no longer than the caller's key is valid: before an answer
 * has begun it rejects as `unauthenticated`, later the connection is cut. `work` notices either by its response's end.
 */
export const whileWelcome = <T>(
  watch: AccessWatch,
  caller: Caller,
  response: ServerResponse,
  work: () => Promise<T>,
): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const release = watch.watch(caller, (reason) => {
      if (response.headersSent) response.destroy();
      else reject(reason);
    });
    onceClosed(response, release);
    work().then(resolve, reject);
  });
