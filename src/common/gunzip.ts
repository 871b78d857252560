import { createGunzip, type Gunzip } from 'node:zlib';

/** Data that is not a complete gzip. What was inflated before the fault has been yielded; of damaged data, up to its slice. */
export class GzipFault extends Error {
  constructor(
    /** Whether the data ends before the gzip does; otherwise it is damaged, or never was a gzip. */
    readonly isCutOff: boolean,
    cause: Error,
  ) {
    super(isCutOff ? 'the gzip data ends early' : `the gzip data is damaged: ${cause.message}`, { cause });
    this.name = 'GzipFault';
  }
}

/** So much goes in at once; it comes out at most a thousand times as large. */
const SLICE_BYTES = 16 * 1024;

/**
 * Inflates gzip data, of one member or of several, off the main thread. Throws `GzipFault` after what came out before the
 * fault: a pipe into a gunzip stream drops what it has inflated and nobody has read yet.
 */
export async function* gunzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const inflated: Buffer[] = [];
  let fault: NodeJS.ErrnoException | undefined;
  gunzip.on('data', (chunk: Buffer) => inflated.push(chunk));
  gunzip.on('error', (error) => (fault ??= error));
  try {
    for await (const chunk of source)
      for (let start = 0; start < chunk.length && fault === undefined; start += SLICE_BYTES) {
        await write(gunzip, chunk.subarray(start, start + SLICE_BYTES));
        yield* inflated.splice(0);
        if (fault !== undefined) throw faultOf(fault);
      }
    await end(gunzip);
    yield* inflated.splice(0);
    if (fault !== undefined) throw faultOf(fault);
  } finally {
    gunzip.destroy();
  }
}

const faultOf = (error: NodeJS.ErrnoException): GzipFault => new GzipFault(error.code === 'Z_BUF_ERROR', error);

/** Until the slice is inflated, or the stream has failed, in which case nobody is called back. */
const write = (gunzip: Gunzip, slice: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    gunzip.once('close', resolve);
    gunzip.write(slice, () => {
      gunzip.off('close', resolve);
      resolve();
    });
  });

const end = (gunzip: Gunzip): Promise<void> =>
  new Promise((resolve) => {
    gunzip.once('close', resolve);
    gunzip.end();
  });
