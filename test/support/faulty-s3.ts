import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { S3Service } from './s3';

/**
 * `refuse`: connections are closed at once. `freeze`: accepted, never answered. `hole`: uploads are swallowed after 3 MB.
 * `truncate`: downloads break off half way. `corrupt`: one byte of each large download is another. `busy`, `forbidden`:
 * 503 and 403 to everything. `full`: 507 to whatever would store bytes.
 */
export type S3Fault = 'none' | 'refuse' | 'freeze' | 'hole' | 'truncate' | 'corrupt' | 'busy' | 'forbidden' | 'full';

const HOLE_BYTES = 3_000_000;
const LARGE = 1_000;

/** Stands before an S3 server and does to its traffic what it is told to. */
export class FaultyS3 {
  fault: S3Fault = 'none';
  /** Of every request, in order. */
  readonly headers: http.IncomingHttpHeaders[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly onwards = new Set<http.ClientRequest>();

  private constructor(
    private readonly server: http.Server,
    readonly endpoint: string,
  ) {
    server.on('connection', (socket) => {
      if (this.fault === 'refuse') socket.destroy();
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  static async before({ endpoint }: S3Service): Promise<FaultyS3> {
    const upstream = new URL(endpoint);
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const faulty = new FaultyS3(server, `http://127.0.0.1:${port}`);
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      faulty.headers.push(request.headers);
      faulty.forward(upstream, request, response);
    });
    return faulty;
  }

  /** From now on; what is under way is cut when the fault is one of the network. */
  set(fault: S3Fault): void {
    this.fault = fault;
    if (fault === 'refuse') for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    for (const onward of this.onwards) onward.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private forward(upstream: URL, request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.fault === 'freeze') return;
    if (this.fault === 'busy') return this.refuse(request, response, 503, 'SlowDown');
    if (this.fault === 'forbidden') return this.refuse(request, response, 403, 'AccessDenied');
    const { method = 'GET', url: path = '/', headers } = request;
    if (this.fault === 'full' && (method === 'PUT' || method === 'POST')) {
      return this.refuse(request, response, 507, 'XMinioStorageFull');
    }
    const options = { hostname: upstream.hostname, port: upstream.port, method, path, headers };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      this.passBack(method, answer, response);
    });
    this.onwards.add(onward);
    onward.once('close', () => this.onwards.delete(onward));
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    this.passOn(request, onward);
  }

  private passOn(request: http.IncomingMessage, onward: http.ClientRequest): void {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (this.fault === 'hole' && size > HOLE_BYTES) return;
      onward.write(chunk);
    });
    request.on('end', () => {
      if (this.fault !== 'hole' || size <= HOLE_BYTES) onward.end();
    });
  }

  private passBack(method: string, answer: http.IncomingMessage, response: http.ServerResponse): void {
    const length = Number(answer.headers['content-length'] ?? 0);
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      const bytes = Buffer.from(chunk);
      const isLarge = method === 'GET' && length > LARGE;
      if (isLarge && this.fault === 'corrupt' && size === 0) bytes[10] = (bytes[10] ?? 0) ^ 1;
      size += bytes.length;
      response.write(bytes);
      if (isLarge && this.fault === 'truncate' && size > length / 2) response.destroy();
    });
    answer.on('end', () => response.end());
    answer.on('error', () => response.destroy());
  }

  private refuse(request: http.IncomingMessage, response: http.ServerResponse, status: number, code: string): void {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
  }
}
