import { UnreachableError } from './errors';
import type { Answer, AnyOptions, Arguments, EntryOf, ListPath, Method, OperationOf, Page, PathOf } from './operations';
import { pathWith } from './path';
import { errorOf } from './problem';
import { reasonOf } from './reason';
import { pause, retryDelayMs } from './retry';

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
}

type Read<T> = (response: Response) => Promise<T>;

const DEFAULT_RETRIES = 2;
/** What an answer may take on its way, beyond the deadline that the server was told. */
const GRACE_MS = 5_000;

/**
 * Calls to one server, typed by `openapi.json`. They reject with `ApiError` (the server refused), `UnreachableError` (nobody
 * answered), or the reason of an aborted signal.
 */
export class ZeroDbClient {
  constructor(private readonly settings: ClientSettings) {}

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

  /** A success whose body is still to be read: bytes, lines, events. */
  async stream<P extends PathOf<'get'>>(path: P, ...[options]: Arguments<OperationOf<'get', P>>): Promise<Response> {
    return this.raw('get', path, options);
  }

  /** As `stream`, for routes that `openapi.json` does not describe, such as `/mcp`. */
  async raw(method: Method, path: string, options?: AnyOptions): Promise<Response> {
    return this.perform(method, path, options, async (response) => response);
  }

  private async json<T>(method: Method, path: string, options: AnyOptions | undefined): Promise<T> {
    const text = await this.perform(method, path, options, (response) => response.text());
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** What is read of a success, after as many attempts as the options allow. */
  private async perform<T>(method: Method, path: string, options: AnyOptions = {}, read: Read<T>): Promise<T> {
    const retries = options.stream === undefined ? (options.retries ?? this.settings.retries ?? DEFAULT_RETRIES) : 0;
    const isRepeatable = options.repeatable ?? (isRead(method) || hasIdempotencyKey(options.headers));
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.attempt(method, path, options, read);
      } catch (error) {
        const delayMs = attempt < retries ? retryDelayMs(error, attempt, isRepeatable) : undefined;
        if (delayMs === undefined) throw error;
        await pause(delayMs, options.signal);
      }
    }
  }

  private async attempt<T>(method: Method, path: string, options: AnyOptions, read: Read<T>): Promise<T> {
    const url = `${this.settings.url}${pathWith(path, options.path, options.query)}`;
    const silence = silenceSignal(options.timeoutMs);
    const unreachable = (error: unknown): never => {
      if (options.signal?.aborted === true || !(isBroken(error) || silence?.aborted === true)) throw error;
      const reason = silence?.aborted === true ? `no answer in ${options.timeoutMs} ms` : reasonOf(error);
      throw new UnreachableError(this.settings.url, reason, error);
    };
    const response = await this.fetch(url, this.init(method, options, silence)).catch(unreachable);
    if (!response.ok && options.accept?.includes(response.status) !== true) throw await errorOf(response);
    return read(response).catch(unreachable);
  }

  private fetch(url: string, init: RequestInit): Promise<Response> {
    return (this.settings.fetch ?? fetch)(url, init);
  }

  private init(method: Method, options: AnyOptions, silence: AbortSignal | undefined): RequestInit {
    const signals = [options.signal, silence].filter((signal) => signal !== undefined);
    // `duplex` is required for streamed bodies, and missing in the types of `fetch`.
    const init: RequestInit & { duplex?: 'half' } = {
      method: method.toUpperCase(),
      headers: this.headers(options),
      redirect: 'error',
    };
    if (signals.length > 0) init.signal = AbortSignal.any(signals);
    if (options.stream !== undefined) Object.assign(init, { body: options.stream.body, duplex: 'half' });
    else if (options.body !== undefined) init.body = JSON.stringify(options.body);
    return init;
  }

  private headers({ stream, body, timeoutMs, headers }: AnyOptions): Record<string, string> {
    const { key, project } = this.settings;
    const contentType = stream?.contentType ?? (body === undefined ? undefined : 'application/json');
    return {
      accept: 'application/json, application/problem+json, application/x-ndjson',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(project === undefined ? {} : { 'zerodb-project': project }),
      ...(timeoutMs === undefined ? {} : { 'request-timeout': String(timeoutMs) }),
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

const isRead = (method: Method): boolean => method === 'get' || method === 'head';

/** `fetch` rejects with a `TypeError` when the connection fails; by its name, for it may be of another realm. */
const isBroken = (error: unknown): boolean => (error as Error | undefined)?.name === 'TypeError';

const hasIdempotencyKey = (headers: Readonly<Record<string, string>> = {}): boolean =>
  Object.keys(headers).some((name) => name.toLowerCase() === 'idempotency-key');

const silenceSignal = (timeoutMs: number | undefined): AbortSignal | undefined =>
  timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs + GRACE_MS);
