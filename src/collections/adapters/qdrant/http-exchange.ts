import type { Dispatcher, Pool } from 'undici';

export interface HttpRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** The signal ended the exchange. */
export class Aborted extends Error {
  constructor(readonly reason: unknown) {
    super('aborted');
  }
}

/** More than was agreed to hold in memory. */
export class TooLarge extends Error {
  readonly code = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
}

/**
 * One request, and its whole answer as text. undici's dispatch interface, not `request`: the answer needs no stream,
 * and a search is too short to pay for one. Rejects with `Aborted`, or with what broke the connection.
 */
export function exchange(pool: Pool, request: HttpRequest, signal: AbortSignal, maxBytes: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Aborted(signal.reason));
      return;
    }
    const handler = new AnswerCollector(maxBytes, signal, resolve, reject);
    signal.addEventListener('abort', handler.onAbort, { once: true });
    pool.dispatch({ ...request, headers: { ...request.headers } }, handler);
  });
}

class AnswerCollector implements Dispatcher.DispatchHandlers {
  private status = 0;
  private retryAfter: string | undefined;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private isSettled = false;
  private cancel: ((error: Error) => void) | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly signal: AbortSignal,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  readonly onAbort = (): void => this.fail(new Aborted(this.signal.reason));

  onConnect(abort: (error?: Error) => void): void {
    // Aborted while it waited for a connection: it must no longer be sent.
    if (this.isSettled) abort(new Aborted(this.signal.reason));
    else this.cancel = abort;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    this.status = status;
    for (let i = 0; status !== 200 && i + 1 < headers.length; i += 2) {
      if (String(headers[i]).toLowerCase() === 'retry-after') this.retryAfter = String(headers[i + 1]);
    }
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.bytes += chunk.length;
    if (this.bytes > this.maxBytes) this.fail(new TooLarge(`more than ${this.maxBytes} bytes`));
    else this.chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    if (!this.settle()) return;
    const [first] = this.chunks;
    const body = this.chunks.length === 1 && first ? first : Buffer.concat(this.chunks, this.bytes);
    this.resolve({ status: this.status, retryAfter: this.retryAfter, body: body.toString('utf8') });
  }

  onError(error: Error): void {
    if (this.settle()) this.reject(error);
  }

  private fail(error: Error): void {
    if (!this.settle()) return;
    this.reject(error);
    this.cancel?.(error);
  }

  private settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.signal.removeEventListener('abort', this.onAbort);
    return true;
  }
}
