import type { BodyDecoder } from '../../api/endpoint';
import { readJson } from './exact-json';

/** Whatever `Content-Type` says: Qdrant's clients send JSON. */
const exactJson: BodyDecoder = { mediaType: 'application/json', matches: () => true, decode: readJson };

/** What all routes of the dialect share; see `EndpointDefinition`. They are no part of ZeroDB's own API. */
const shared = {
  tag: 'Qdrant',
  summary: "A route of Qdrant's REST API",
  ignoresUnknownQuery: true,
  idempotent: false,
  decoders: [exactJson],
  responses: { 200: 'application/json' },
} as const;

const BULK_MS = 60_000;
const PAGES_MS = 20_000;

export const open = { ...shared, access: 'public', audit: 'none' } as const;
export const reading = { ...shared, access: 'read', audit: 'read', kind: 'read', deadlineMs: PAGES_MS } as const;
export const searching = { ...shared, access: 'read', audit: 'read', kind: 'search' } as const;
export const writing = { ...shared, access: 'write', audit: 'write', kind: 'write', deadlineMs: BULK_MS } as const;
