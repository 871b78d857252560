import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { invalidAt, malformed, unsupportedMediaType } from '../../common/errors';
import { asSent, type Coding } from '../../api/as-sent';
import { bodyStream } from '../../api/decoded-stream';
import { inviteBody } from '../../api/expect-continue';
import { ClientPace } from './client-pace';

/** A client that sends nothing for this long has left. */
const IDLE_MS = 60_000;

/** The bytes of an upload as they are sent, in the coding that they are stored in. See `uploadBody` and `asSent`. */
export const sentBody = (
  request: IncomingMessage,
  coding: Coding | null,
  leastPerSecond: number,
): AsyncIterable<Buffer> => {
  const bytes = uploadBody(request, leastPerSecond, asItComes);
  return coding === null ? bytes : asSent(bytes, coding);
};

/**
 * The bytes of an upload. One that breaks off is `malformed`, one slower than `leastPerSecond` bytes `request_timeout`;
 * the connection stays open when the consumer stops early.
 */
export async function* uploadBody(
  request: IncomingMessage,
  leastPerSecond: number,
  open: (request: IncomingMessage) => Readable = bodyStream,
): AsyncGenerator<Buffer> {
  const pace = new ClientPace(leastPerSecond);
  let askedAt = performance.now();
  const source = open(request);
  const timer = setTimeout(() => request.destroy(new Error('The client sends nothing.')), IDLE_MS);
  try {
    // Ending the loop must not destroy the request: the response uses the same connection.
    for await (const chunk of source.iterator({ destroyOnReturn: source !== request })) {
      timer.refresh();
      pace.record((chunk as Buffer).length, performance.now() - askedAt);
      yield chunk as Buffer;
      askedAt = performance.now();
      timer.refresh();
    }
  } catch (cause) {
    throw cause instanceof Error && cause.name === 'ZeroDbError'
      ? cause
      : malformed('The upload ended too early; nothing was stored.', [], cause);
  } finally {
    clearTimeout(timer);
  }
}

const asItComes = (request: IncomingMessage): Readable => {
  inviteBody(request);
  return request;
};

/** The size that a request announces, of bytes that are stored as they are sent. */
export const sentSize = ({
  'content-length': length,
}: Readonly<Record<string, string | undefined>>): number | undefined =>
  length === undefined ? undefined : Number(length);

/** The same of bytes that are inflated before they are stored. */
export const announcedSize = (headers: Readonly<Record<string, string | undefined>>): number | undefined => {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  const length = headers['content-length'];
  return length === undefined || !['', 'identity'].includes(encoding) ? undefined : Number(length);
};

const META = 'zerodb-meta-';
const MAX_METADATA_BYTES = 8 * 1024;

/** `ZeroDB-Meta-Name: value` headers. */
export const metadataIn = (headers: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const entries = Object.entries(headers)
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), String(value)] as const);
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value), 0);
  if (bytes > MAX_METADATA_BYTES)
    throw invalidAt(`header:${META}*`, `must have at most ${MAX_METADATA_BYTES} bytes in all`);
  return Object.fromEntries(entries);
};

export const metadataHeaders = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${META}${name}`, value]));

const TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(\s*;[\x20-\x7e]*)?$/i;
const MAX_HEADER = 1_024;

/** The media type of an upload; a browser's form default counts as none. */
export const contentTypeIn = (headers: Readonly<Record<string, string | undefined>>): string => {
  const value = headers['content-type']?.trim() ?? '';
  if (value === '') return 'application/octet-stream';
  if (value.length > 255 || !TYPE.test(value)) throw invalidAt('header:content-type', 'must be a media type');
  return value;
};

const CODINGS: readonly string[] = ['gzip', 'br'] satisfies Coding[];

/** The coding in which the bytes are sent and kept. Throws `unsupported_media_type` for any other. */
export const contentEncodingIn = (headers: Readonly<Record<string, string | undefined>>): Coding | null => {
  const value = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (value === '' || value === 'identity') return null;
  if (CODINGS.includes(value)) return value as Coding;
  throw unsupportedMediaType(`Content-Encoding "${value.slice(0, 40)}" is not supported; send gzip, br or nothing.`);
};

/** `Content-Disposition`, stored with the file and returned with it. */
export const dispositionIn = (headers: Readonly<Record<string, string | undefined>>): string | null => {
  const value = headers['content-disposition']?.trim();
  if (value === undefined || value === '') return null;
  if (value.length > MAX_HEADER || !/^(inline|attachment)\s*(;[\x20-\x7e]*)?$/i.test(value)) {
    throw invalidAt('header:content-disposition', 'must be inline or attachment, in ASCII');
  }
  return value;
};

/** `attachment` under a name of any characters (RFC 6266, RFC 8187). */
export const attachment = (name: string): string => {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
};
