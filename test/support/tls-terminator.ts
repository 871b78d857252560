import net from 'node:net';
import tls from 'node:tls';

export interface TlsTerminator {
  readonly port: number;
  /** Connections whose handshake succeeded. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What a client of Postgres sends before TLS: the length, and the code of the request. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Speaks TLS in front of a real service that does not. `postgres`: after the client asked for it, as Postgres does. */
export const openTlsTerminator = async (
  options: tls.TlsOptions,
  target: Target,
  protocol: 'plain' | 'postgres' = 'plain',
): Promise<TlsTerminator> => {
  let accepted = 0;
  const sockets = new Set<net.Socket>();
  const remember = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };
  const join = (secure: tls.TLSSocket): void => {
    accepted += 1;
    const plain = net.connect(target.port, target.host);
    remember(plain);
    secure.on('error', () => plain.destroy()).once('close', () => plain.destroy());
    plain.once('close', () => secure.destroy());
    secure.pipe(plain).pipe(secure);
  };
  const secured = tls.createServer(options, join);
  secured.on('tlsClientError', (_error, socket) => socket.destroy());
  const server = net.createServer((socket) => {
    remember(socket);
    if (protocol === 'plain') return void secured.emit('connection', socket);
    socket.once('data', (first) => {
      if (!first.equals(SSL_REQUEST)) return void socket.destroy();
      socket.write('S');
      secured.emit('connection', socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    accepted: () => accepted,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
