import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { malformed, tooLarge, unsupportedMediaType } from '../../common/errors';

/** Reads a whole body of at most `maxBytes` after decompression. An oversized one is refused before it is in memory. */
export const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  const declared = Number(request.headers['content-length'] ?? 0);
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== '') {
    throw unsupportedMediaType(`Content-Encoding "${encoding.slice(0, 40)}" is not supported; send gzip or nothing.`);
  }
  if (declared > maxBytes) throw bodyTooLarge(maxBytes);
  return encoding === 'gzip' ? inflate(request, maxBytes) : collect(request, maxBytes);
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
  const gunzip = createGunzip();
  request.once('error', (cause) => gunzip.destroy(cause));
  // A client that goes away mid-body leaves gunzip waiting for ever otherwise.
  request.once('close', () => request.readableEnded || gunzip.destroy());
  try {
    return await collect(request.pipe(gunzip), maxBytes);
  } finally {
    request.unpipe(gunzip);
    gunzip.destroy();
  }
};

const bodyTooLarge = (maxBytes: number) => tooLarge(`The body has more than ${maxBytes} bytes.`);
