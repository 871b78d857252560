import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Whether the statement still reaches Postgres before the connection is cut. */
export type Cut = 'before' | 'after';

/**
 * A TCP proxy before Postgres that cuts the connection at a statement which contains a text: before it is passed on, or
 * once Postgres has answered it, so that the answer is lost.
 */
export class PostgresCutter {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private armed: { readonly text: string; readonly cut: Cut } | undefined;
  private stays = false;
  /** How often it has cut. */
  cuts = 0;

  private constructor(private readonly upstream: URL) {
    this.server = createServer((client) => this.accept(client));
  }

  static async listen(url: string): Promise<PostgresCutter> {
    const cutter = new PostgresCutter(new URL(url));
    await new Promise<void>((resolve) => cutter.server.listen(0, '127.0.0.1', resolve));
    return cutter;
  }

  get url(): string {
    const url = new URL(this.upstream);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Cuts once, or with `stays` at each such statement until it is disarmed. */
  arm(text: string, cut: Cut, stays = false): void {
    this.armed = { text, cut };
    this.stays = stays;
  }

  disarm(): void {
    this.armed = undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    const server = connect(Number(this.upstream.port), this.upstream.hostname);
    const end = (): void => void (client.destroy(), server.destroy());
    let isLost = false;
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => (this.sockets.delete(socket), end()));
    }
    client.on('data', (chunk) => {
      const cut = this.cutFor(chunk);
      if (cut === 'before') return end();
      isLost ||= cut === 'after';
      server.write(chunk);
    });
    server.on('data', (chunk) => (isLost ? end() : client.write(chunk)));
  }

  private cutFor(chunk: Buffer): Cut | undefined {
    if (!this.armed || !chunk.includes(this.armed.text)) return undefined;
    const { cut } = this.armed;
    this.cuts += 1;
    if (!this.stays) this.armed = undefined;
    return cut;
  }
}
