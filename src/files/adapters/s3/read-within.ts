import type { Readable } from 'node:stream';
import { s3Fault, s3Timeout } from './errors';

const IDLE_MS = 2_000;

/**
 * The bytes of a response, each piece within a time limit. The clock runs only while the reader waits for the store.
 */
export async function* readWithin(stream: Readable): AsyncGenerator<Buffer> {
  // The next read reports a fault between two reads; without a listener it would end the process.
  stream.on('error', () => undefined);
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let isWaiting = false;
  // One timer for all pieces: setting one per piece costs more than reading the piece.
  const timer = setTimeout(() => {
    if (isWaiting) stream.destroy(s3Timeout(`The object store sent nothing for ${IDLE_MS} ms.`));
  }, IDLE_MS);
  try {
    for (;;) {
      timer.refresh();
      isWaiting = true;
      const next = await iterator.next();
      isWaiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw s3Fault(error, { signal: new AbortController().signal });
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
