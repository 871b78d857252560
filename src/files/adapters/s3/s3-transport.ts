import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { PeerTls } from '../../../common/tls';

const CONNECT_MS = 500;
/** Maximum time without a byte in either direction until the response begins. */
const IDLE_MS = 2_000;
const MAX_SOCKETS = 64;

/** One call of the client, which supports neither signals nor time limits. */
export interface S3Call {
  readonly signal: AbortSignal;
  /** Extra headers, unsigned: the request is already signed here. */
  readonly traceparent?: string | undefined;
  /** From the last response: the client drops it when it would have retried. */
  status?: number | undefined;
  /** Whether the last request went over a connection that was opened before: the peer may have closed it meanwhile. */
  reusedSocket?: boolean;
}

const calls = new AsyncLocalStorage<S3Call>();

export const withinCall = <T>(call: S3Call, work: () => Promise<T>): Promise<T> => calls.run(call, work);

export class S3TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

/** Replaces `node:http` for the client: requests that connect in time, do not idle, and end with their call. */
export class S3Transport {
  private readonly agent: http.Agent | https.Agent;
  private readonly module: typeof http | typeof https;

  constructor(
    secure: boolean,
    private readonly tls?: PeerTls,
  ) {
    this.module = secure ? https : http;
    this.agent = new this.module.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: 60_000 });
  }

  readonly request = (
    options: http.RequestOptions,
    onResponse: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const call = calls.getStore();
    const signal = call ? { signal: call.signal } : {};
    const headers = call?.traceparent === undefined ? options.headers : traced(options.headers, call.traceparent);
    const request = this.module.request(
      { ...options, ...this.tls?.options(), headers, ...signal, agent: this.agent },
      (response) => {
        if (call) call.status = response.statusCode;
        // From here on the reader of the body enforces the time limit: a slow reader is not a slow store.
        request.setTimeout(0);
        // The client discards these unread, together with the connection.
        if (isThrownAway(response.statusCode ?? 0)) response.resume();
        onResponse(response);
      },
    );
    request.setTimeout(IDLE_MS, () => request.destroy(new S3TimeoutError(`no byte for ${IDLE_MS} ms`)));
    request.once('socket', (socket) => {
      if (call) call.reusedSocket = request.reusedSocket;
      if (socket.connecting) limitConnecting(request, socket, this.module === https ? 'secureConnect' : 'connect');
    });
    return request;
  };

  close(): void {
    this.agent.destroy();
  }
}

const traced = (headers: http.RequestOptions['headers'], traceparent: string): http.OutgoingHttpHeaders => ({
  ...(headers as http.OutgoingHttpHeaders | undefined),
  traceparent,
});

const limitConnecting = (request: http.ClientRequest, socket: Socket, event: string): void => {
  const timer = setTimeout(() => request.destroy(new S3TimeoutError(`no connection in ${CONNECT_MS} ms`)), CONNECT_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once(event, stop);
  request.once('close', stop);
};

const isThrownAway = (status: number): boolean => [408, 429, 499, 500, 502, 503, 504, 520].includes(status);
