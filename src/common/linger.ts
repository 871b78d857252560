import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Limits for a client to read its last answer, and for the bytes it still sends, which are discarded. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 50;

/**
 * Ends a connection whose client may still be sending, after `lastWords`. On an immediate close the kernel would reset
 * the connection because of unread bytes, and the reset can overtake the answer. Half-closed, a client that stays would
 * keep the socket in FIN-WAIT-2 forever. So incoming bytes are discarded for a while, and then the socket is destroyed.
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
    // A reset: a normal close would leave the kernel waiting for the client.
    resetConnection(socket);
  }, LOOK_MS);
  socket.once('close', () => clearInterval(timer));
  if (socket.readableEnded) destroySoon(socket);
  socket.once('end', () => destroySoon(socket));
  socket.resume();
};

/** Ends a connection by a reset. Over TLS it is the connection beneath that can be reset. */
export const resetConnection = (socket: Socket): void => {
  if (!(socket instanceof TLSSocket)) return void socket.resetAndDestroy();
  const { _parent: beneath } = socket as unknown as { readonly _parent?: unknown };
  if (beneath instanceof Socket && !beneath.destroyed) beneath.resetAndDestroy();
  socket.destroy();
};

/** Makes the HTTP server end this connection in this way, instead of closing it before the answer is read. */
export const lingerAtEnd = (socket: Socket): void => {
  socket.destroySoon = () => endLingering(socket);
};

/** Destroys the socket once all written bytes are sent. */
const destroySoon = (socket: Duplex): void => {
  if (socket.writableFinished) socket.destroy();
  else socket.once('finish', () => socket.destroy());
};
