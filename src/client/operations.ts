import type { paths } from './api-types';
import type { PathValues, Query } from './path';

/** What the types of `openapi.json` say of one operation, as the client takes and returns it. */

export type Method = 'head' | 'get' | 'put' | 'post' | 'patch' | 'delete';

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { readonly [K in M]: object } ? P : never;
}[keyof paths];

export type OperationOf<M extends Method, P extends keyof paths> = paths[P] extends { readonly [K in M]: infer O }
  ? O
  : never;

type Json<C> = C extends { readonly 'application/json': infer J } ? J : never;
type Success = 200 | 201 | 202;

/** The body of a success; `undefined` where there is none. */
export type AnswerOf<O> = O extends { readonly responses: infer R }
  ? { [S in keyof R]: S extends Success ? ContentOf<R[S]> : S extends 204 ? undefined : never }[keyof R]
  : never;

type ContentOf<R> = R extends { readonly content: infer C } ? Json<C> : undefined;

/** The body of a success, by method and path. */
export type Answer<M extends Method, P extends PathOf<M>> = AnswerOf<OperationOf<M, P>>;

/** The JSON body that is sent, by method and path. */
export type Body<M extends Method, P extends PathOf<M>> =
  OperationOf<M, P> extends {
    readonly requestBody?: { readonly content: infer C };
  }
    ? Json<C>
    : never;

type PathPart<O> = O extends { readonly parameters: { readonly path: infer V extends PathValues } }
  ? { readonly path: V }
  : { readonly path?: undefined };

type QueryPart<O> = O extends { readonly parameters: { readonly query: infer Q extends Query } }
  ? { readonly query: Q }
  : O extends { readonly parameters: { readonly query?: infer Q extends Query } }
    ? { readonly query?: Q }
    : { readonly query?: undefined };

type BodyPart<O> = O extends { readonly requestBody: { readonly content: infer C } }
  ? [Json<C>] extends [never]
    ? { readonly stream: StreamedBody }
    : { readonly body: Json<C> }
  : O extends { readonly requestBody?: { readonly content: infer C } }
    ? { readonly body?: Json<C> }
    : { readonly body?: undefined };

/** Bytes instead of JSON. An iterable is sent once: such a call is never repeated. */
export interface StreamedBody {
  readonly body: AsyncIterable<Uint8Array> | Blob | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The server's deadline for the request (`Request-Timeout`), 50 to 60,000; a silent server is left soon after it. */
  readonly timeoutMs?: number;
  /** When a server that answers nothing is left, without telling it a deadline. Default: that of the client. */
  readonly silenceMs?: number;
  /** Milliseconds for the whole call, with all its attempts and the waits between them. */
  readonly deadlineMs?: number;
  /** Further attempts after a retryable failure. Default: those of the client. */
  readonly retries?: number;
  /**
   * Whether the call has the same effect when it is made twice. Default: reads, and writes with an `Idempotency-Key`. Other
   * writes are made again only when the server says that nothing was applied.
   */
  readonly repeatable?: boolean;
  /** Statuses that are answers here, although they are not 2xx. */
  readonly accept?: readonly number[];
}

export type OptionsOf<O> = CallOptions & PathPart<O> & QueryPart<O> & BodyPart<O>;

/** The options, which may be left out where nothing in them is required. */
export type Arguments<O> =
  Record<never, never> extends OptionsOf<O> ? [options?: OptionsOf<O>] : [options: OptionsOf<O>];

/** Options of any operation, for the code that does not know which. */
export interface AnyOptions extends CallOptions {
  readonly path?: PathValues | undefined;
  readonly query?: Query | undefined;
  readonly body?: unknown;
  readonly stream?: StreamedBody;
}

/** A page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

/** Paths whose GET answers a page of a list. */
export type ListPath = {
  [P in PathOf<'get'>]: [Answer<'get', P>] extends [Page<unknown>] ? P : never;
}[PathOf<'get'>];

export type EntryOf<P extends ListPath> = Answer<'get', P> extends Page<infer T> ? T : never;
