import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Shares } from '../../admission/shares/shares';

const REFUSAL = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** Takes so many connections at once, and leaves room for other addresses than the one that has the most. 0 is no limit. */
export const limitConnections = (server: Server, maxConnections: number): void => {
  const shares = new Shares<string>(maxConnections);
  server.prependListener('connection', (socket: Socket) => {
    const leave = shares.take(socket.remoteAddress ?? '');
    if (leave) return void socket.once('close', leave);
    socket.on('error', () => undefined);
    // Over TLS nothing can be said before the handshake; the server's own listener still looks at the socket now.
    if (server instanceof TlsServer) return void process.nextTick(() => socket.destroy());
    socket.write(REFUSAL, () => socket.destroy());
  });
};
