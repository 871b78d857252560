import type { Server } from 'node:net';

// A separate process, for a moment: only what is sent from one process to another is a new descriptor of the same socket.
// It must not accept anything itself, so each copy is closed before this process looks for connections again.
process.on('message', (count: number, socket: Server) => {
  process.send?.(count, socket, { keepOpen: true });
  socket.close();
});
