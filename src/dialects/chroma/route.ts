import type { BodyDecoder } from '../../api/endpoint';
import { parseJson } from '../../transports/rest/parse-json';

/** Whatever `Content-Type` says: Chroma's clients send JSON, or nothing. */
const json: BodyDecoder = {
  mediaType: 'application/json',
  matches: () => true,
  decode: (bytes) => (bytes.length === 0 ? undefined : parseJson(bytes)),
};

/** What all routes of the dialect share; see `EndpointDefinition`. They are no part of ZeroDB's own API. */
const shared = {
  tag: 'Chroma',
  summary: "A route of Chroma's REST API",
  ignoresUnknownQuery: true,
  idempotent: false,
  decoders: [json],
  responses: { 200: 'application/json; charset=utf-8' },
} as const;

const READ_MS = 20_000;
const WRITE_MS = 60_000;

export const open = { ...shared, access: 'public', audit: 'none' } as const;
export const reading = { ...shared, access: 'read', audit: 'read', kind: 'read', deadlineMs: READ_MS } as const;
export const searching = { ...shared, access: 'read', audit: 'read', kind: 'search', deadlineMs: READ_MS } as const;
export const writing = { ...shared, access: 'write', audit: 'write', kind: 'write', deadlineMs: WRITE_MS } as const;
/** Changes what there is. */
export const changing = { ...writing, audit: 'admin' } as const;
/** Says something of the process or the key alone. */
export const telling = { ...shared, access: 'read', audit: 'none', kind: 'read' } as const;
