import type { BodyDecoder } from '../../api/endpoint';
import { parseJson } from '../../transports/rest/parse-json';

/** Whatever `Content-Type` says: clients send JSON, and some send a DELETE without any. */
const json: BodyDecoder = {
  mediaType: 'application/json',
  matches: () => true,
  decode: (bytes) => (bytes.length === 0 ? {} : parseJson(bytes)),
};

/** What all routes of the dialect share; see `EndpointDefinition`. They are no part of ZeroDB's own API. */
const shared = {
  tag: 'mem0',
  summary: "A route of mem0's REST API",
  ignoresUnknownQuery: true,
  idempotent: false,
  decoders: [json],
  responses: { 200: 'application/json; charset=utf-8' },
} as const;

const READ_MS = 20_000;
const WRITE_MS = 60_000;

export const reading = { ...shared, access: 'read', audit: 'read', kind: 'read', deadlineMs: READ_MS } as const;
export const searching = { ...shared, access: 'read', audit: 'read', kind: 'search', deadlineMs: READ_MS } as const;
export const writing = { ...shared, access: 'write', audit: 'write', kind: 'memory', deadlineMs: WRITE_MS } as const;
/** Says something of the process or the key alone. */
export const telling = { ...shared, access: 'read', audit: 'none', kind: 'read' } as const;
