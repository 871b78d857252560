import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { FastifyRequest } from 'fastify';
import type { RequestKind } from '../admission/kinds';
import type { Access, Caller } from '../common/scope';

/** Reads a body that is not plain JSON. */
export interface BodyDecoder {
  /** For the documentation. */
  readonly mediaType: string;
  readonly matches: (headers: IncomingHttpHeaders) => boolean;
  /** Throws `malformed` or `invalid`. What it returns is validated by `body`. */
  readonly decode: (bytes: Buffer, headers: IncomingHttpHeaders) => unknown;
}

/** A body by media type: its schema, or a stream of `bytes` or `text`. */
export type DocumentedContent = Readonly<Record<string, z.ZodType | 'bytes' | 'text'>>;

/** What OpenAPI says of bodies that `body` and `responses` do not describe. Nothing is validated by it. */
export interface DocumentedBodies {
  readonly request?: DocumentedContent;
  /** By status, `4XX` too. Faults that are not named here are problems, as everywhere. */
  readonly responses: Readonly<Record<string, DocumentedContent | null>>;
}

/**
 * What an operation is to the audit log. `admin` changes what there is, who may do what, or how it is kept: always in the log.
 * `write` and `read` touch data: in the log when `ZERODB_AUDIT_DATA_ACCESS` says so. `none` describes the process alone.
 */
export const AUDIT_CLASSES = ['admin', 'write', 'read', 'none'] as const;
export type AuditClass = (typeof AUDIT_CLASSES)[number];

/** One REST operation, declared once: validation, authorisation and OpenAPI all follow from it. */
export interface EndpointDefinition {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** OpenAPI form: `/v1/collections/{collection}`. A last `{key*}` takes the rest of the path, slashes included. */
  readonly path: string;
  /** camelCase, unique: the name SDKs use. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The role a caller needs; `public` needs no key. `root` is for what belongs to no project. */
  readonly access: Access | 'public';
  readonly audit: AuditClass;
  /** Serves requests without a key too, as project 0: the handler finds out by other means what they may do. */
  readonly guests?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Skips query parameters that `query` does not declare, instead of refusing them. For links that others pass on. */
  readonly ignoresUnknownQuery?: boolean;
  /** Absent: a body is refused. `stream`: the handler reads `input.raw.raw` itself; its media type may be `*\/*`. */
  readonly body?: z.ZodType | { readonly stream: string };
  /** Other media types that are taken, and how their bytes become what `body` describes. The first that matches counts. */
  readonly decoders?: readonly BodyDecoder[];
  /** Success answers by status; `null` is an answer without a body, a string is a streamed media type. */
  readonly responses: Readonly<Record<number, z.ZodType | string | null>>;
  /** For what speaks another protocol, such as MCP: in OpenAPI this takes the place of `body` and `responses`. */
  readonly documented?: DocumentedBodies;
  /** After decompression; `ZERODB_MAX_BODY_BYTES` bounds all of them. Default: `BODY_BYTES.some`. */
  readonly maxBodyBytes?: number;
  /**
   * Whether `Idempotency-Key` is honoured. Default: true for all but GET and streamed bodies. `false` is for what may be
   * repeated anyway; `refused` for what may not and can't be kept.
   */
  readonly idempotent?: boolean | 'refused';
  /**
   * Milliseconds an answer may take when the request names no `Request-Timeout`; `null` never ends it. Default: 2,000,
   * and `null` for streamed bodies.
   */
  readonly deadlineMs?: number | null;
  /** What it counts as when the process shares its capacity out. Default: see `request-kind.ts`. */
  readonly kind?: RequestKind;
}

/** What a body may be, by what it is for: nobody is to make the process parse more than the operation could use. */
export const BODY_BYTES = {
  /** One name, one ticket: read before it is known who sends it. */
  tiny: 8 * 1024,
  /** Settings, a query with its vector and its filter. */
  some: 1024 * 1024,
  /** Lists of ids, examples or parts. */
  many: 16 * 1024 * 1024,
  /** Records, memories, events: as much as the setting allows. */
  bulk: Number.MAX_SAFE_INTEGER,
} as const;

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

export interface EndpointInput<E extends EndpointDefinition> {
  readonly params: Parsed<E['params']>;
  readonly query: Parsed<E['query']>;
  readonly body: Parsed<E['body']>;
  /** Lower-cased names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly caller: Caller;
  /** Aborts when the deadline passes or the client hangs up. */
  readonly signal: AbortSignal;
  readonly raw: FastifyRequest;
}

export const defineEndpoint = <const E extends EndpointDefinition>(definition: E): E => definition;

/** A response with a specific status or headers. A plain value is sent with the endpoint's first success status. */
export class Reply<T = unknown> {
  constructor(
    readonly status: number,
    readonly body: T,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}
