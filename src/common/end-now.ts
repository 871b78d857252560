/** What of a WebSocket is needed to end it. */
interface Socket {
  removeAllListeners(event: 'message'): unknown;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** For the peer to answer the close; one that does not is cut off. */
const CLOSE_MS = 250;

/** Ends a socket whose peer may not be served any longer: nothing that it says from now on is heard. */
export const endNow = (socket: Socket, code: number, reason: string): void => {
  socket.removeAllListeners('message');
  socket.close(code, reason);
  setTimeout(() => socket.terminate(), CLOSE_MS).unref();
};
