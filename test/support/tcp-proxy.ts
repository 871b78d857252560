import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy at a fixed address, which freezes and refuses when told to. */
export class TcpProxy {
  private readonly pairs = new Set<[Socket, Socket]>();
  private server: Server | undefined;
  private isFrozen = false;

  constructor(
    private readonly listen: string,
    private readonly upstream: string,
  ) {}

  /** Waits while somebody else has the address. */
  async open(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.begin();
        return;
      } catch (error) {
        if (attempt >= 120) throw error;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  /** Accepts, and passes nothing on. */
  freeze(): void {
    this.isFrozen = true;
    for (const [client, server] of this.pairs) {
      client.pause();
      server.pause();
    }
  }

  /** Goes on; what was held passes now, as with a process that was stopped for a while. */
  thaw(): void {
    this.isFrozen = false;
    for (const [client, server] of this.pairs) {
      client.resume();
      server.resume();
    }
  }

  /** Nobody listens, and what was open is cut. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const [client, upstream] of this.pairs) {
      client.destroy();
      upstream.destroy();
    }
    this.pairs.clear();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  }

  private begin(): Promise<void> {
    const [host = '127.0.0.1', port] = this.listen.split(':');
    return new Promise((resolve, reject) => {
      const server = createServer((client) => this.accept(client));
      server.once('error', reject);
      server.listen(Number(port), host, () => {
        this.server = server;
        resolve();
      });
    });
  }

  private accept(client: Socket): void {
    const [host = '127.0.0.1', port] = this.upstream.split(':');
    const server = connect(Number(port), host);
    const pair: [Socket, Socket] = [client, server];
    this.pairs.add(pair);
    const end = (): void => {
      client.destroy();
      server.destroy();
      this.pairs.delete(pair);
    };
    for (const [from, to] of [pair, [server, client] as const]) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', end).on('close', end);
      if (this.isFrozen) from.pause();
    }
  }
}
