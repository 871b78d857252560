import {
  Agent,
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultProxy } from './fault';
import type { Random } from './random';

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export type IsWrite = (method: string, path: string) => boolean;

const REFUSED = JSON.stringify({ status: { error: 'injected fault' }, time: 0 });

/** A proxy that knows requests and answers: for Qdrant and other services that speak HTTP. */
export class HttpFaultProxy implements FaultProxy {
  private fault: Fault = { kind: 'none' };
  private readonly swallowed = new Set<IncomingMessage>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256 });
  private requests = 0;

  private constructor(
    private readonly server: Server,
    private readonly port: number,
    private target: { readonly host: string; readonly port: number },
    private readonly random: Random,
    private readonly isWrite: IsWrite,
  ) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async open(
    target: { readonly host: string; readonly port: number },
    random: Random,
    isWrite: IsWrite,
  ): Promise<HttpFaultProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await listen(server, 0);
    return new HttpFaultProxy(server, (server.address() as AddressInfo).port, target, random, isWrite);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  redirect(target: { readonly host: string; readonly port: number }): void {
    this.target = target;
  }

  async inject(fault: Fault): Promise<void> {
    this.fault = fault;
    for (const request of this.swallowed) request.socket.resetAndDestroy();
    this.swallowed.clear();
    if (fault.kind === 'refuse') {
      const closed = new Promise((resolve) => this.server.close(resolve));
      this.server.closeAllConnections();
      await closed;
    } else if (!this.server.listening) await listen(this.server, this.port);
  }

  async close(): Promise<void> {
    this.agent.destroy();
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { fault } = this;
    this.requests += 1;
    try {
      const body = await buffer(request);
      if (this.isStopped(fault, request, response)) return;
      if (fault.kind === 'latency')
        await sleep(Math.max(0, fault.ms + this.random.between(-fault.jitterMs, fault.jitterMs)));
      const answer = await this.forward(request, body);
      await this.answer(fault, request, response, answer);
    } catch {
      // The service is gone: so is the connection, as without a proxy.
      request.socket.resetAndDestroy();
    }
  }

  /** Faults that keep the request from the service. */
  private isStopped(fault: Fault, request: IncomingMessage, response: ServerResponse): boolean {
    switch (fault.kind) {
      case 'black_hole':
        this.swallowed.add(request);
        request.socket.once('close', () => this.swallowed.delete(request));
        return true;
      case 'reset_every':
        if (this.requests % fault.nth !== 0) return false;
        request.socket.resetAndDestroy();
        return true;
      case 'status':
        if (!this.random.chance(fault.share)) return false;
        refuse(response, this.random.pick(fault.statuses), fault.retryAfterSeconds);
        return true;
      case 'write_failure':
        if (!this.isWrite(request.method ?? 'GET', request.url ?? '/')) return false;
        refuse(response, fault.status);
        return true;
      default:
        return false;
    }
  }

  private forward(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const { host, port } = this.target;
    const { method, url: path } = request;
    const headers = { ...request.headers, 'content-length': String(body.length) };
    delete headers['transfer-encoding'];
    return new Promise((resolve, reject) => {
      const sent = sendRequest({ host, port, method, path, headers, agent: this.agent }, (answer) => {
        buffer(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }),
          reject,
        );
      });
      // A caller that disconnects does not stop the service: late writes are one of the tested faults.
      sent.once('error', reject);
      sent.end(body);
    });
  }

  private async answer(
    fault: Fault,
    request: IncomingMessage,
    response: ServerResponse,
    { status, headers, body }: Answer,
  ): Promise<void> {
    const half = body.subarray(0, Math.floor(body.length / 2));
    const kept = { ...headers };
    for (const name of ['connection', 'keep-alive', 'transfer-encoding']) delete kept[name];
    if (fault.kind === 'cut_reply' && this.random.chance(fault.share)) {
      request.socket.resetAndDestroy();
      return;
    }
    if (fault.kind === 'broken_json') {
      response.writeHead(status, { ...kept, 'content-length': half.length }).end(half);
      return;
    }
    // The response to HEAD declares the length of a body that it does not have.
    response.writeHead(status, request.method === 'HEAD' ? kept : { ...kept, 'content-length': body.length });
    if (fault.kind === 'fin_mid_body') {
      response.write(half, () => request.socket.end());
      return;
    }
    if (fault.kind === 'drip') await this.trickle(body, response);
    else response.end(body);
  }

  private async trickle(body: Buffer, response: ServerResponse): Promise<void> {
    let sent = 0;
    for (; sent < body.length && this.fault.kind === 'drip' && !response.destroyed; sent += 1) {
      response.write(body.subarray(sent, sent + 1));
      await sleep(1000 / this.fault.bytesPerSecond);
    }
    response.end(body.subarray(sent));
  }
}

const refuse = (response: ServerResponse, status: number, retryAfterSeconds?: number): void => {
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...retryAfter }).end(REFUSED);
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Which requests change something in Qdrant. */
export const isQdrantWrite: IsWrite = (method, path) =>
  method === 'PUT' ||
  method === 'PATCH' ||
  method === 'DELETE' ||
  /\/points\/(delete|batch|payload|vectors)/.test(path);

/** Which requests change something in an object store. */
export const isStoreWrite: IsWrite = (method) => method !== 'GET' && method !== 'HEAD';
