import { ServiceFault } from '../../../common/service-fault';

/** The client supports no signal: on abort the caller stops waiting, and a later result is dropped. */
export const bounded = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(late());
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

const late = (): ServiceFault =>
  new ServiceFault('broker', 'timeout', 'The broker did not answer in time.', { outcomeUnknown: true });
