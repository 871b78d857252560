import { Breaker, type BreakerSettings } from './breaker';
import { Doubt, isRead } from './doubt';
import { UnreachableError } from './errors';
import { hasKey, newKey, takesKey } from './idempotency';
import { Limits } from './limits';
import { isBroken, textOf } from './lines';
import type { Answer, AnyOptions, Arguments, EntryOf, ListPath, Method, OperationOf, Page, PathOf } from './operations';
import { pathWith } from './path';
import { errorOf } from './problem';
import { reasonOf } from './reason';
import { pause, retryDelayMs } from './retry';
import { timingOf, type Timing } from './timing';

export interface ClientSettings {
  /** Without a slash at the end. Empty in a browser: the page's own server. */
  readonly url: string;
  readonly key?: string | undefined;
  /** Sent as `ZeroDB-Project`; only the root key may name one. */
  readonly project?: string | undefined;
  /** Further attempts after a retryable failure. Default: 2. */
  readonly retries?: number;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: typeof fetch;
  /** Sends an `Idempotency-Key` with every write that takes one, so that it can be repeated safely. Default: false. */
  readonly idempotencyKeys?: boolean;
  /** Refuses calls while the server is down. Default: none. */
  readonly breaker?: BreakerSettings;
  /** When a server that answers nothing is left, where a call has no `timeoutMs`; of a stream, until its head. Default: never. */
  readonly silenceMs?: number;
  /** The W3C `traceparent` of the caller's span, sent with every request. */
  readonly traceparent?: () => string | undefined;
}

type Read<T> = (response: Response, signal: AbortSignal | undefined) => Promise<T>;

const DEFAULT_RETRIES = 2;

/**
 * Calls to one server, typed by `openapi.json`. They reject with `ApiError` (the server refused), `UnreachableError` (nobody
 * answered), `CircuitOpenError` (nothing was sent), or the reason of an aborted signal.
 */
export class ZeroDbClient {
  private readonly breaker: Breaker | undefined;

  constructor(protected readonly settings: ClientSettings) {
    this.breaker = settings.breaker && new Breaker(settings.breaker);
  }

  get url(): string {
    return this.settings.url;
  }

  get<P extends PathOf<'get'>>(path: P, ...[options]: Arguments<OperationOf<'get', P>>): Promise<Answer<'get', P>> {
    return this.json('get', path, options);
  }

  put<P extends PathOf<'put'>>(path: P, ...[options]: Arguments<OperationOf<'put', P>>): Promise<Answer<'put', P>> {
    return this.json('put', path, options);
  }

  post<P extends PathOf<'post'>>(path: P, ...[options]: Arguments<OperationOf<'post', P>>): Promise<Answer<'post', P>> {
    return this.json('post', path, options);
  }

  patch<P extends PathOf<'patch'>>(
    path: P,
    ...[options]: Arguments<OperationOf<'patch', P>>
  ): Promise<Answer<'patch', P>> {
    return this.json('patch', path, options);
  }

  delete<P extends PathOf<'delete'>>(
    path: P,
    ...[options]: Arguments<OperationOf<'delete', P>>
  ): Promise<Answer<'delete', P>> {
    return this.json('delete', path, options);
  }

  /** Every entry of a list, page after page. */
  async *list<P extends ListPath>(
    path: P,
    ...[options]: Arguments<OperationOf<'get', P>>
  ): AsyncGenerator<EntryOf<P>, void, undefined> {
    const given: AnyOptions = options ?? {};
    yield* pages((after) =>
      this.json<Page<EntryOf<P>>>('get', path, { ...given, query: { ...given.query, ...(after && { after }) } }),
    );
  }

  /** A success whose body is still to be read: bytes, lines, events. `silenceMs` bounds the wait for its head alone. */
  async stream<P extends PathOf<'get'>>(path: P, ...[options]: Arguments<OperationOf<'get', P>>): Promise<Response> {
    return this.raw('get', path, options);
  }

  /** As `stream`, for routes that `openapi.json` does not describe, such as `/mcp`. */
  async raw(method: Method, path: string, options?: AnyOptions): Promise<Response> {
    // A streamed body may take any time before the server has something to answer.
    const silenceMs = options?.silenceMs ?? (options?.stream ? undefined : this.settings.silenceMs);
    return this.perform(method, path, options, async (response) => response, silenceMs);
  }

  private async json<T>(method: Method, path: string, options: AnyOptions = {}): Promise<T> {
    const text = await this.perform(method, path, options, textOf, options.silenceMs ?? this.settings.silenceMs);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** What is read of a success, after as many attempts as the options allow. */
  private async perform<T>(
    method: Method,
    path: string,
    given: AnyOptions = {},
    read: Read<T>,
    silenceMs?: number,
  ): Promise<T> {
    const options = this.withKey(method, path, given);
    const retries = isSentOnce(options) ? 0 : (options.retries ?? this.settings.retries ?? DEFAULT_RETRIES);
    const isRepeatable = options.repeatable ?? (isRead(method) || hasKey(options.headers));
    const endsAt = performance.now() + (options.deadlineMs ?? Infinity);
    const doubt = new Doubt(method);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const once = (): Promise<T> => this.attempt(method, path, options, timingOf(options, endsAt, silenceMs), read);
        return await (this.breaker ? this.breaker.run(once) : once());
      } catch (error) {
        const verdict = doubt.verdict(error);
        const delayMs = attempt < retries ? retryDelayMs(error, attempt, isRepeatable) : undefined;
        if (delayMs === undefined || performance.now() + delayMs >= endsAt) throw verdict;
        await pause(delayMs, options.signal);
      }
    }
  }

  /** One key for all attempts. */
  private withKey(method: Method, path: string, options: AnyOptions): AnyOptions {
    if (this.settings.idempotencyKeys !== true || hasKey(options.headers) || !takesKey(method, path, options)) {
      return options;
    }
    return { ...options, headers: { ...options.headers, 'idempotency-key': newKey() } };
  }

  private async attempt<T>(
    method: Method,
    path: string,
    options: AnyOptions,
    { serverMs, silenceMs }: Timing,
    read: Read<T>,
  ): Promise<T> {
    const url = `${this.settings.url}${pathWith(path, options.path, options.query)}`;
    const limits = new Limits(options.signal, silenceMs, `no answer in ${options.timeoutMs ?? silenceMs} ms`);
    const unreachable = (error: unknown): never => {
      if (options.signal?.aborted === true) throw error;
      if (limits.silence === undefined && !isBroken(error)) throw error;
      throw new UnreachableError(this.settings.url, limits.silence ?? reasonOf(error), error);
    };
    try {
      const response = await this.fetch(url, this.init(method, options, serverMs, limits.signal)).catch(unreachable);
      if (!response.ok && options.accept?.includes(response.status) !== true)
        throw await errorOf(response, limits.signal);
      const result = await read(response, limits.signal).catch(unreachable);
      if (result !== response) limits.release();
      return result;
    } catch (error) {
      limits.release();
      throw error;
    } finally {
      limits.stopWaiting();
    }
  }

  private fetch(url: string, init: RequestInit): Promise<Response> {
    return (this.settings.fetch ?? fetch)(url, init);
  }

  private init(
    method: Method,
    options: AnyOptions,
    serverMs: number | undefined,
    signal: AbortSignal | undefined,
  ): RequestInit {
    // `duplex` is required for streamed bodies, and missing in the types of `fetch`.
    const init: RequestInit & { duplex?: 'half' } = {
      method: method.toUpperCase(),
      headers: this.headers(options, serverMs),
      redirect: 'error',
    };
    if (signal !== undefined) init.signal = signal;
    if (options.stream !== undefined) Object.assign(init, { body: options.stream.body, duplex: 'half' });
    else if (options.body !== undefined) init.body = JSON.stringify(options.body);
    return init;
  }

  private headers({ stream, body, headers }: AnyOptions, serverMs: number | undefined): Record<string, string> {
    const { key, project } = this.settings;
    const traceparent = this.settings.traceparent?.();
    const contentType = stream?.contentType ?? (body === undefined ? undefined : 'application/json');
    return {
      accept: 'application/json, application/problem+json, application/x-ndjson',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(project === undefined ? {} : { 'zerodb-project': project }),
      ...(serverMs === undefined ? {} : { 'request-timeout': String(serverMs) }),
      ...(traceparent === undefined ? {} : { traceparent }),
      ...headers,
    };
  }
}

/** Every entry of a list whose pages this fetches, until it ends. */
export async function* pages<T>(
  fetchPage: (after: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let after: string | undefined;
  do {
    const page = await fetchPage(after);
    yield* page.data;
    after = page.has_more ? (page.next_cursor ?? undefined) : undefined;
  } while (after !== undefined);
}

/** An iterable is used up by the first attempt. */
const isSentOnce = ({ stream }: AnyOptions): boolean =>
  stream !== undefined && !(stream.body instanceof Blob || stream.body instanceof Uint8Array);
