import { clientClosed } from '../../common/errors';

/**
 * Ends with `call`, which the SDK ends with its own reasons ("Connection closed", or a client's text), or with the
 * request. Its reason is the request's, otherwise that of a client that left: the work it stops knows no other.
 */
export const endOf = (call: AbortSignal, request: AbortSignal): AbortSignal => {
  const controller = new AbortController();
  const end = (): void => controller.abort(request.aborted ? request.reason : clientClosed());
  for (const signal of [request, call]) {
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
  return controller.signal;
};
