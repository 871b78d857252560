/** The part of a WebSocket that is needed to close it. */
interface Socket {
  removeAllListeners(event: 'message'): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Time for the peer to answer the close frame; after that the socket is destroyed. */
const CLOSE_MS = 250;

/** Closes a socket whose peer may no longer be served: its further messages are ignored. */
export const endNow = (socket: Socket, code: number, reason: string): void => {
  socket.removeAllListeners('message');
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), CLOSE_MS).unref();
};
