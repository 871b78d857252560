import { z } from 'zod';
import type { BodyDecoder } from '../../api/endpoint';

/** The bytes of a body, unread: they are checked against the signature before they are parsed. */
export type BodyBytes = () => Buffer;

const bytesAsTheyCome: BodyDecoder = {
  mediaType: 'application/xml',
  matches: () => true,
  decode:
    (bytes): BodyBytes =>
    () =>
      bytes,
};

export const xmlBytes = z.custom<BodyBytes>((value) => typeof value === 'function');

/** What all operations of the dialect share; see `EndpointDefinition`. They are no part of ZeroDB's own API. */
const shared = {
  tag: 'S3',
  summary: "An operation of S3's API",
  ignoresUnknownQuery: true,
  idempotent: false,
  decoders: [bytesAsTheyCome],
  responses: { 200: 'application/xml' },
} as const;

const PAGES_MS = 20_000;

export const reading = { ...shared, access: 'read', audit: 'read', kind: 'read', deadlineMs: PAGES_MS } as const;
export const writing = { ...shared, access: 'write', audit: 'write', kind: 'write' } as const;

export const bucketParams = z.object({ bucket: z.string() });
export const objectParams = z.object({ bucket: z.string(), key: z.string() });

export const OF_SERVICE = '/';
export const OF_BUCKET = '/{bucket}';
export const OF_OBJECT = '/{bucket}/{key*}';
