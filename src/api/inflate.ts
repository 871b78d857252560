import type { IncomingMessage } from 'node:http';
import { malformed, tooLarge, unsupportedMediaType, ZeroDbError } from '../common/errors';
import { GzipFault, gunzipped } from '../common/gunzip';

/** Whatever a body inflates to, so much is never a bomb. */
const FREE_BYTES = 1024 * 1024;
/** Beyond it: texts and vectors compress to a tenth, repeated ones to a fiftieth; a bomb to a thousandth. */
const MAX_RATIO = 100;

/** Whether a body is compressed. Throws `unsupported_media_type` for an encoding that is not taken. */
export const isCompressed = ({ headers }: IncomingMessage): boolean => {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return false;
  if (encoding === 'gzip') return true;
  throw unsupportedMediaType(`Content-Encoding "${encoding.slice(0, 40)}" is not supported; send gzip or nothing.`);
};

/**
 * The bytes of a gzipped body, a slice at a time, off the main thread. Throws `too_large` for one that inflates too far.
 * Whoever stops early leaves an open connection, over which the answer goes.
 */
export async function* inflated(request: IncomingMessage): AsyncGenerator<Buffer> {
  const received = { bytes: 0 };
  let size = 0;
  try {
    for await (const chunk of gunzipped(counted(request, received))) {
      size += chunk.length;
      if (isTooFar(size, received.bytes)) throw inflatesTooFar();
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof ZeroDbError) throw cause;
    const reason = cause instanceof GzipFault ? cause.message : 'it ended too early';
    throw malformed(`The body could not be read: ${reason}.`, [], cause);
  }
}

async function* counted(request: IncomingMessage, received: { bytes: number }): AsyncGenerator<Uint8Array> {
  // Ending the loop must not destroy the request: the response uses the same connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    received.bytes += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
}

/** Whether `sent` bytes that became `inflated` ones are a bomb. */
export const isTooFar = (inflated: number, sent: number): boolean =>
  inflated > FREE_BYTES && inflated > MAX_RATIO * sent;

export const inflatesTooFar = (): ZeroDbError =>
  tooLarge(`The body inflates to more than ${MAX_RATIO} times its size; send it without Content-Encoding.`);
