import net from 'node:net';

/** What a peer does with one request, once it has read all of it. */
export type Act = (socket: net.Socket, request: string) => void;

/** A TCP server that speaks HTTP only as far as its script says. */
export class ScriptedPeer {
  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;
  private act: Act = answer(200, '{}');
  /** Requests read so far. */
  requests = 0;

  private constructor() {
    this.server = net.createServer((socket) => this.serve(socket));
  }

  static async listen(): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer();
    await new Promise<void>((resolve) => peer.server.listen(0, '127.0.0.1', resolve));
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  does(act: Act): void {
    this.act = act;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: net.Socket): void {
    let read = '';
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      read += chunk.toString('latin1');
      const [head = '', body] = read.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (body === undefined || body.length < length) return;
      const request = read;
      read = '';
      this.requests++;
      this.act(socket, request);
    });
  }
}

/** A whole answer; `length` lets it promise more than it sends. */
export const answer =
  (status: number, body: string, headers: readonly string[] = [], length = Buffer.byteLength(body)): Act =>
  (socket) =>
    socket.write([`HTTP/1.1 ${status} X`, `content-length: ${length}`, ...headers, '', body].join('\r\n'));

/** What is sent as it stands, then the end of the connection. */
export const sendAndClose =
  (text: string): Act =>
  (socket) =>
    socket.end(text);

export const hang: Act = () => undefined;
export const reset: Act = (socket) => socket.resetAndDestroy();

/** One byte a second. */
export const drip =
  (text: string): Act =>
  (socket) => {
    let sent = 0;
    const timer = setInterval(() => socket.write(text.charAt(sent++)), 1_000);
    socket.write(text.charAt(sent++));
    socket.on('close', () => clearInterval(timer));
  };
