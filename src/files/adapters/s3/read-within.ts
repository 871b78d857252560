import type { Readable } from 'node:stream';
import { s3Fault, s3Timeout } from './errors';

const IDLE_MS = 2_000;

/** The bytes of an answer, each piece within its time. The clock runs only while somebody waits for the store. */
export async function* readWithin(stream: Readable): AsyncGenerator<Buffer> {
  // A fault between two reads is met by the next one; unheard it would end the process.
  stream.on('error', () => undefined);
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let isWaiting = false;
  // One timer for all pieces: to set it again for each costs more than to read the piece.
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
