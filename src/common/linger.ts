import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** So long a client may take to read its last answer, and so much of what it still sends is thrown away meanwhile. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 50;

/**
 * Ends a connection whose client may still be sending, after `lastWords`. Closed at once, the kernel would reset it for
 * the bytes that nobody read, and the reset can overtake the answer. Left half-closed, a client that holds on would keep
 * the socket in FIN-WAIT-2 forever. So what comes is dropped for a while, and then the socket is gone for good.
 */
export const endLingering = (socket: Duplex, lastWords?: string): void => {
  if (socket.destroyed) return;
  socket.on('error', () => socket.destroy());
  if (!socket.writableEnded) socket.end(lastWords);
  if (!(socket instanceof Socket)) return void destroySoon(socket);
  const end = performance.now() + LINGER_MS;
  const readBefore = socket.bytesRead;
  const timer = setInterval(() => {
    if (performance.now() < end && socket.bytesRead - readBefore < LINGER_BYTES) return;
    // A reset, as a plain close would leave it to the kernel to wait for the client.
    socket.resetAndDestroy();
  }, LOOK_MS);
  socket.once('close', () => clearInterval(timer));
  if (socket.readableEnded) destroySoon(socket);
  socket.once('end', () => destroySoon(socket));
  socket.resume();
};

/** Makes the HTTP server end this connection so, instead of closing it under the answer. */
export const lingerAtEnd = (socket: Socket): void => {
  socket.destroySoon = () => endLingering(socket);
};

/** Once all that was written is out. */
const destroySoon = (socket: Duplex): void => {
  if (socket.writableFinished) socket.destroy();
  else socket.once('finish', () => socket.destroy());
};
