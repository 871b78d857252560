import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { invalid, malformed, tooLarge, ZeroDbError } from '../../common/errors';
import { http2StreamOf } from '../../api/http2-stream';
import { inviteBody } from '../../api/expect-continue';
import { inflated, isCompressed } from '../../api/inflate';

/** Reads a whole body of at most `maxBytes` after decompression. An oversized one is refused before it is in memory. */
export const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const isGzip = isCompressed(request);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw bodyTooLarge(maxBytes);
  inviteBody(request);
  return isGzip ? inflate(request, maxBytes) : collect(request, maxBytes);
};

/** For requests that take none. Reads no more than it takes to see a byte of it, and inflates nothing. */
export const readNoBody = async (request: IncomingMessage): Promise<void> => {
  // HTTP/2 has no such header: a body may come without a word before.
  if (request.headers['transfer-encoding'] === undefined && !http2StreamOf(request)) {
    if (Number(request.headers['content-length'] ?? 0) > 0) throw unwanted();
    return;
  }
  inviteBody(request);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if ((chunk as Buffer).length > 0) throw unwanted();
    }
  } catch (cause) {
    throw cause instanceof ZeroDbError ? cause : malformed('The body could not be read.', [], cause);
  }
};

const collect = (source: Readable, maxBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    source.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        source.pause();
        reject(bodyTooLarge(maxBytes));
      } else {
        chunks.push(chunk);
      }
    });
    const cutShort = (): void => reject(malformed('The body ended too early.'));
    source.once('end', () => {
      // Every request is closed in the end: an error made for nobody would cost more than reading a small body.
      source.off('close', cutShort);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    source.once('error', (cause) => reject(malformed('The body could not be read.', [], cause)));
    source.once('close', cutShort);
  });

const inflate = async (request: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of inflated(request)) {
    size += chunk.length;
    if (size > maxBytes) throw bodyTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const bodyTooLarge = (maxBytes: number) => tooLarge(`The body has more than ${maxBytes} bytes.`);

const unwanted = () => invalid('This request must not have a body.', [{ path: '', message: 'must be absent' }]);
