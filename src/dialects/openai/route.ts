import { z } from 'zod';
import { BODY_BYTES } from '../../api/endpoint';

/** What all routes of the dialect share; see `EndpointDefinition`. They are no part of ZeroDB's own API. */
const shared = {
  tag: 'OpenAI',
  summary: "A route of OpenAI's API",
  ignoresUnknownQuery: true,
  idempotent: false,
  responses: { 200: 'application/json' },
} as const;

const LONG_MS = 60_000;
const PAGES_MS = 20_000;

export const reading = { ...shared, access: 'read', audit: 'read', kind: 'read', deadlineMs: PAGES_MS } as const;
export const searching = { ...shared, access: 'read', audit: 'read', kind: 'search', deadlineMs: PAGES_MS } as const;
export const writing = { ...shared, access: 'write', audit: 'write', kind: 'write', deadlineMs: LONG_MS } as const;
/** Makes vectors, as a write does, and stores nothing. */
export const embedding = { ...shared, access: 'read', audit: 'read', kind: 'write', deadlineMs: LONG_MS } as const;

/** A body whose fields the handler checks itself: its errors are in OpenAI's words. */
export const anyBody = { body: z.unknown(), maxBodyBytes: BODY_BYTES.some } as const;
