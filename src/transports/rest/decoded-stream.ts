import type { IncomingMessage } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { malformed, unsupportedMediaType } from '../../common/errors';

/**
 * A streamed body after its `Content-Encoding`: gzip or none. Its reader bounds what it holds at a time, so that a body
 * which inflates without end costs time, not memory. One that is broken, or ends too early, fails as `malformed`.
 */
export function decodedStream(request: IncomingMessage): Readable {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return Readable.from(chunksOf(request), { objectMode: false });
  if (encoding !== 'gzip') throw unsupportedMediaType('Content-Encoding is not supported; send gzip or nothing.');
  // A fault of either reaches the reader through the other; nothing is left to do about it here.
  const inflated = pipeline(request, createGunzip(), () => undefined);
  return Readable.from(chunksOf(inflated), { objectMode: false });
}

async function* chunksOf(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) yield chunk;
  } catch (cause) {
    throw malformed('The body could not be read: it ended too early, or is no gzip.', [], cause);
  }
}
