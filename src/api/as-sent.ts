import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { malformed, ZeroDbError } from '../common/errors';
import { inflatesTooFar, isTooFar } from './inflate';

/** The codings in which a body may be kept. */
export type Coding = 'gzip' | 'br';

/**
 * The bytes of a compressed body as they come. Each piece is inflated first, and what comes out is dropped: readers get
 * nothing that they cannot decode. Throws `malformed` for what is not of this coding or ends too early, `too_large` for
 * what inflates too far.
 */
export async function* asSent(source: AsyncIterable<Buffer>, coding: Coding): AsyncGenerator<Buffer> {
  const decoder = coding === 'gzip' ? createGunzip() : createBrotliDecompress();
  const failed = new Promise<never>((_resolve, reject) => decoder.once('error', reject));
  failed.catch(() => undefined);
  const ended = new Promise<true>((resolve) => decoder.once('end', () => resolve(true)));
  let inflated = 0;
  let sent = 0;
  decoder.on('data', (piece: Buffer) => {
    inflated += piece.length;
    if (isTooFar(inflated, sent)) decoder.destroy(inflatesTooFar());
  });
  try {
    for await (const piece of source) {
      sent += piece.length;
      const isOver = await Promise.race([
        failed,
        ended,
        new Promise<false>((done) => decoder.write(piece, () => done(false))),
      ]);
      // Node never calls back for bytes behind the end.
      if (isOver) throw new Error('There are bytes behind its end.');
      yield piece;
    }
    decoder.end();
    await Promise.race([failed, ended]);
  } catch (cause) {
    if (cause instanceof ZeroDbError) throw cause;
    throw malformed(`The body is not ${coding}, or ended too early.`, [], cause);
  } finally {
    decoder.destroy();
  }
}
