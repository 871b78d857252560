/** A response, or the connection or stream beneath it. */
interface Closing {
  readonly closed?: boolean;
  readonly destroyed?: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** Calls `then` when it closes; at once when it has closed already, which is not reported again. */
export const onceClosed = (closing: Closing, then: () => void): void => {
  if (closing.closed || closing.destroyed) then();
  else closing.once('close', then);
};
