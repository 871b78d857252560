import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSettings } from './settings';
import { ApiError, isRetryable, ServerUnreachableError } from './errors';
import { problemOf, reasonOf } from './client-problems';

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** A stream instead of JSON. */
  readonly stream?: { readonly body: AsyncIterable<Uint8Array>; readonly contentType: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** The server's own deadline for this request, in milliseconds (`Request-Timeout`, at most 60,000). */
  readonly timeoutMs?: number;
  /** Further attempts after a retryable failure. Only for requests that may safely be repeated. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /** Statuses that are answers here, though they are not 2xx. */
  readonly accept?: readonly number[];
}

const FIRST_BACK_OFF_MS = 250;
const LONGEST_BACK_OFF_MS = 10_000;

/** HTTP calls to one server, with its key. Failures are `ApiError` (the server said no) or `ServerUnreachableError`. */
export class ApiClient {
  constructor(private readonly settings: ClientSettings) {}

  get url(): string {
    return this.settings.url;
  }

  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(method, path, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The answer's body as a stream of bytes. */
  async bytes(method: string, path: string, options: RequestOptions = {}): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.send(method, path, options);
    return (response.body ?? []) as AsyncIterable<Uint8Array>;
  }

  /** Follows `next_cursor` until the list ends. */
  async *pages<T>(fetchPage: (after: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
    let after: string | undefined;
    do {
      const page = await fetchPage(after);
      yield* page.data;
      after = page.has_more ? (page.next_cursor ?? undefined) : undefined;
    } while (after !== undefined);
  }

  private async send(method: string, path: string, options: RequestOptions): Promise<Response> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.attempt(method, path, options);
      } catch (error) {
        if (attempt >= (options.retries ?? 0) || !isRetryable(error)) throw error;
        await sleep(
          backOffMs(error, attempt),
          undefined,
          options.signal === undefined ? {} : { signal: options.signal },
        );
      }
    }
  }

  private async attempt(method: string, path: string, options: RequestOptions): Promise<Response> {
    const response = await this.fetch(method, path, options);
    if (response.ok || options.accept?.includes(response.status) === true) return response;
    throw new ApiError(await problemOf(response));
  }

  private async fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const url = new URL(`${this.settings.url}${path}`);
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    // `duplex` is required for streamed bodies, and missing in the types of `fetch`.
    const init: RequestInit & { duplex?: 'half' } = { method, headers: this.headers(options), redirect: 'error' };
    if (options.signal !== undefined) init.signal = options.signal;
    if (options.stream !== undefined) Object.assign(init, { body: options.stream.body, duplex: 'half' });
    else if (options.body !== undefined) init.body = JSON.stringify(options.body);
    try {
      return await fetch(url, init);
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      throw new ServerUnreachableError(this.settings.url, reasonOf(error), error);
    }
  }

  private headers(options: RequestOptions): Record<string, string> {
    const { key, project } = this.settings;
    const contentType = options.stream?.contentType ?? (options.body === undefined ? undefined : 'application/json');
    return {
      accept: 'application/json, application/problem+json, application/x-ndjson',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(project === undefined ? {} : { 'zerodb-project': project }),
      ...(options.timeoutMs === undefined ? {} : { 'request-timeout': String(options.timeoutMs) }),
      ...options.headers,
    };
  }
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor?: string | null;
}

/** Doubling with jitter, or what the server asks for when that is longer. */
function backOffMs(error: unknown, attempt: number): number {
  const doubled = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** attempt);
  const asked = error instanceof ApiError ? (error.problem.retryAfterSeconds ?? 0) * 1000 : 0;
  return Math.max(asked, doubled * (0.5 + Math.random() / 2));
}
