import { Agent, request as sendRequest } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfter: string | undefined;
  readonly raw: string;
  /** What the server says it took, where it says so: in its refusals, which its log does not tell about. */
  readonly serverMs: number | undefined;
}

/** No answer: nobody listens (`refused`), the connection broke (`reset`), or nothing came in time (`hung`). */
export class NoAnswer extends Error {
  constructor(
    readonly kind: 'refused' | 'reset' | 'hung',
    cause?: unknown,
  ) {
    super(kind, { cause });
    this.name = 'NoAnswer';
  }
}

export interface Call {
  readonly method: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly text?: string;
  /** Asked of the server as `Request-Timeout`. */
  readonly deadlineMs?: number;
  /** After which the client gives up. */
  readonly patienceMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Far beyond any deadline: what takes longer counts as hung. */
const PATIENCE_MS = 15_000;

/** Calls one replica, with a key, over connections that are kept. */
export class Client {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    private readonly key: string,
    maxSockets = 1024,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets });
  }

  async call(call: Call): Promise<Answer> {
    const { host, hostname, port } = new URL(this.url);
    const body = call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    const contentType = call.text === undefined ? 'application/json' : 'text/plain';
    const headers = {
      host,
      authorization: `Bearer ${this.key}`,
      ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
      ...(call.deadlineMs === undefined ? {} : { 'request-timeout': String(call.deadlineMs) }),
      ...call.headers,
    };
    return await new Promise((resolve, reject) => {
      const { method, path } = call;
      const request = sendRequest({ hostname, port, method, path, headers, agent: this.agent }, (response) => {
        text(response).then(
          (raw) => {
            clearTimeout(timer);
            const retryAfter = response.headers['retry-after'];
            const serverMs = serverMsIn(response.headers['server-timing']);
            resolve({ status: response.statusCode ?? 0, body: parse(raw), retryAfter, raw, serverMs });
          },
          (error: unknown) => fail(new NoAnswer('reset', error)),
        );
      });
      const fail = (fault: NoAnswer): void => {
        clearTimeout(timer);
        request.destroy();
        reject(fault);
      };
      const timer = setTimeout(() => fail(new NoAnswer('hung')), call.patienceMs ?? PATIENCE_MS);
      request.once('error', (error: NodeJS.ErrnoException) =>
        fail(new NoAnswer(error.code === 'ECONNREFUSED' ? 'refused' : 'reset', error)),
      );
      request.end(body);
    });
  }

  /** The body of a 2xx; anything else is an error that names the call. */
  async must(call: Call): Promise<Answer> {
    const answer = await this.call(call);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Error(`${call.method} ${call.path}: ${answer.status} ${answer.raw.slice(0, 500)}`);
  }

  close(): void {
    this.agent.destroy();
  }
}

const serverMsIn = (header: string | string[] | undefined): number | undefined => {
  const found = /^total;dur=([\d.]+)$/.exec(String(header ?? ''))?.[1];
  return found === undefined ? undefined : Number(found);
};

const parse = (raw: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};
