import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { malformed } from '../common/errors';
import { inviteBody } from './expect-continue';
import { inflated, isCompressed } from './inflate';

/**
 * A streamed body after its `Content-Encoding`: gzip or none. One that is broken, or ends too early, fails as `malformed`;
 * one that inflates too far as `too_large`. Whoever stops reading early leaves an open connection.
 */
export function decodedStream(request: IncomingMessage): Readable {
  const source = isCompressed(request) ? inflated(request) : chunksOf(request);
  inviteBody(request);
  return Readable.from(source, { objectMode: false });
}

/** The same, but of a body that is not compressed the request itself, which costs nothing more. Its faults are its own. */
export const bodyStream = (request: IncomingMessage): Readable => {
  if (isCompressed(request)) return decodedStream(request);
  inviteBody(request);
  return request;
};

async function* chunksOf(request: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    // Ending the loop must not destroy the request: the response uses the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch (cause) {
    throw malformed('The body could not be read: it ended too early.', [], cause);
  }
}
