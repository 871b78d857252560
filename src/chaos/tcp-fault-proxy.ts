import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultProxy } from './fault';
import { Random } from './random';

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Was open when the present fault began. */
  isOld: boolean;
}

/** A proxy that knows bytes alone: for Postgres, Kafka and whatever else is not HTTP. */
export class TcpFaultProxy implements FaultProxy {
  private fault: Fault = { kind: 'none' };
  private readonly links = new Set<Link>();
  private connections = 0;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
    private target: { readonly host: string; readonly port: number },
    private readonly random: Random,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** `port`: where it has to be, if that matters. */
  static async open(
    target: { readonly host: string; readonly port: number },
    random: Random,
    port = 0,
  ): Promise<TcpFaultProxy> {
    const server = createServer({ noDelay: true });
    await listen(server, port);
    return new TcpFaultProxy(server, (server.address() as AddressInfo).port, target, random);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  redirect(target: { readonly host: string; readonly port: number }): void {
    this.target = target;
  }

  async inject(fault: Fault): Promise<void> {
    const before = this.fault;
    this.fault = fault;
    for (const link of this.links) {
      // Dropped bytes are lost: a stream that continues after a gap would be a different fault than a lost network.
      if (before.kind === 'black_hole' && (!before.existingOnly || link.isOld)) reset(link);
      link.isOld = true;
    }
    if (fault.kind === 'refuse') {
      for (const link of this.links) reset(link);
      if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
    } else if (!this.server.listening) await listen(this.server, this.port);
  }

  async close(): Promise<void> {
    for (const link of this.links) reset(link);
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    this.connections += 1;
    if (this.fault.kind === 'reset_every' && this.connections % this.fault.nth === 0) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...this.target, noDelay: true });
    const link: Link = { client, upstream, isOld: false };
    this.links.add(link);
    upstream.on('error', () => reset(link));
    client.once('close', () => {
      this.links.delete(link);
      upstream.destroy();
    });
    upstream.once('close', () => client.destroy());
    void this.pump(link, client, upstream);
    void this.pump(link, upstream, client);
  }

  private async pump(link: Link, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) await this.pass(link, chunk as Buffer, to);
      if (!this.swallows(link)) to.end();
    } catch {
      to.destroy();
    }
  }

  private async pass(link: Link, chunk: Buffer, to: Socket): Promise<void> {
    if (this.swallows(link)) return;
    const { fault } = this;
    if (fault.kind === 'cut_reply' && to === link.client && this.random.next() < fault.share) {
      reset(link);
      return;
    }
    if (fault.kind === 'latency') await sleep(fault.ms + this.random.between(-fault.jitterMs, fault.jitterMs));
    if (fault.kind === 'drip' && to === link.client) return this.trickle(link, chunk, to);
    if (!to.write(chunk)) await drained(to);
  }

  private async trickle(link: Link, chunk: Buffer, to: Socket): Promise<void> {
    let sent = 0;
    while (sent < chunk.length && this.fault.kind === 'drip' && !to.destroyed) {
      to.write(chunk.subarray(sent, sent + 1));
      sent += 1;
      await sleep(1000 / this.fault.bytesPerSecond);
    }
    if (sent < chunk.length && !this.swallows(link)) to.write(chunk.subarray(sent));
  }

  private swallows(link: Link): boolean {
    return this.fault.kind === 'black_hole' && (!this.fault.existingOnly || link.isOld);
  }
}

const reset = ({ client, upstream }: Link): void => {
  client.resetAndDestroy();
  upstream.destroy();
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
