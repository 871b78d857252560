import { clientClosed } from '../../common/errors';

/**
 * Ends with `call`, which the SDK ends in words of its own ("Connection closed", or what a client wrote), or with the
 * request. Gives the request's reason, else that of a client that left: what stops for it knows no other.
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
