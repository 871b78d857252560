import { currentSession, signedInAgain } from '../session/session';
import { withQuery, type Query } from './path';
import { errorOf, unreachable } from './problem';
import { readEvents, type StreamEvent } from './event-stream';

export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
}

export type RawInit = Omit<RequestInit, 'headers'> & Pick<RequestOptions, 'headers'>;

/** The headers that say who asks, and for which project. */
export function sessionHeaders(): Record<string, string> {
  const session = currentSession();
  if (!session) return {};
  const headers: Record<string, string> = { authorization: `Bearer ${session.key}` };
  // A key of a project implies it; the root key acts on any.
  if (session.access === 'root') headers['zerodb-project'] = session.project;
  return headers;
}

/**
 * A request with the key. Resolves with any answer but 401, which asks to sign in again and repeats the request then.
 * Rejects with `ApiError` of status 0 when the server is not reached.
 */
async function raw(path: string, init: RawInit = {}): Promise<Response> {
  for (;;) {
    const key = currentSession()?.key;
    const headers = { ...sessionHeaders(), ...init.headers };
    const response = await fetch(path, { ...init, headers, cache: 'no-store', redirect: 'error' }).catch(rethrow);
    if (response.status !== 401 || key === undefined) return response;
    await response.body?.cancel();
    await signedInAgain(key, init.signal ?? undefined);
  }
}

async function rawOk(path: string, init: RawInit): Promise<Response> {
  const response = await raw(path, init);
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function send<T>(method: string, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  const { signal, query, headers } = options;
  const hasBody = body !== undefined;
  const response = await rawOk(withQuery(path, query), {
    method,
    headers: { accept: 'application/json', ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    signal: signal ?? null,
    ...(hasBody && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Reads server-sent events until the stream ends or `signal` aborts. Rejects with `ApiError`. */
async function stream(
  path: string,
  onEvent: (event: StreamEvent) => void,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = await rawOk(path, { headers: { accept: 'text/event-stream', ...headers }, signal });
  if (response.body) await readEvents(response.body, onEvent).catch(rethrow);
}

/** The API of ZeroDB. Everything rejects with `ApiError`, or with an `AbortError` when its signal aborts. */
export const api = {
  get: <T>(path: string, options?: RequestOptions): Promise<T> => send('GET', path, undefined, options),
  post: <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> => send('POST', path, body, options),
  put: <T>(path: string, body?: unknown, options?: RequestOptions): Promise<T> => send('PUT', path, body, options),
  patch: <T>(path: string, body: unknown, options?: RequestOptions): Promise<T> => send('PATCH', path, body, options),
  delete: <T>(path: string, options?: RequestOptions): Promise<T> => send('DELETE', path, undefined, options),
  raw,
  stream,
};

function rethrow(error: unknown): never {
  if (error instanceof TypeError) throw unreachable();
  throw error;
}
