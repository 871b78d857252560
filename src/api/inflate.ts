import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { malformed, tooLarge, unsupportedMediaType, ZeroDbError } from '../common/errors';

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
  const gunzip = createGunzip();
  request.once('error', (cause) => gunzip.destroy(cause));
  // A client that goes away mid-body leaves gunzip waiting forever otherwise.
  request.once('close', () => request.readableEnded || gunzip.destroy());
  let size = 0;
  try {
    for await (const chunk of request.pipe(gunzip)) {
      size += (chunk as Buffer).length;
      if (size > FREE_BYTES && size > MAX_RATIO * gunzip.bytesWritten) throw inflatesTooFar();
      yield chunk as Buffer;
    }
  } catch (cause) {
    if (cause instanceof ZeroDbError) throw cause;
    throw malformed('The body could not be read: it ended too early, or is no gzip.', [], cause);
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
}

const inflatesTooFar = (): ZeroDbError =>
  tooLarge(`The body inflates to more than ${MAX_RATIO} times its size; send it without Content-Encoding.`);
