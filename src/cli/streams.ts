import { GzipFault, gunzipped } from '../common/gunzip';

/** Passes bytes on and tells how many went by. */
export async function* counted(
  source: AsyncIterable<Uint8Array>,
  onBytes: (total: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    onBytes(total);
    yield chunk;
  }
}

/** The bytes themselves, or what is in them when they are a gzip file: known by its first two bytes, not by a name. */
export async function* inflated(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const head = await takeAtLeast(iterator, 2);
  const whole = rest(head, iterator);
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole;
    return;
  }
  yield* gunzipped(whole);
}

const NEWLINE = 0x0a;
/** More than the longest line that a server takes, 16 MiB. */
const MAX_HELD_BYTES = 17 * 1024 * 1024;

/**
 * The lines of a source, as bytes. When its gzip data is cut off or damaged the whole lines before that are passed on and
 * the rest is dropped: half a line is no record. `onFault` is told; nothing is thrown. A line that no server takes is passed
 * on in pieces, to be refused: at most `maxHeld` bytes and a chunk are held.
 */
export async function* wholeLines(
  source: AsyncIterable<Uint8Array>,
  onFault: (fault: GzipFault) => void,
  maxHeld = MAX_HELD_BYTES,
): AsyncGenerator<Uint8Array> {
  let unfinished: Uint8Array[] = [];
  let held = 0;
  try {
    for await (const chunk of source) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        yield* unfinished;
        yield chunk.subarray(0, end);
        [unfinished, held] = [[], 0];
      }
      if (end < chunk.length) unfinished.push(chunk.subarray(end));
      held += chunk.length - end;
      if (held > maxHeld) {
        yield* unfinished;
        [unfinished, held] = [[], 0];
      }
    }
  } catch (error) {
    if (!(error instanceof GzipFault)) throw error;
    onFault(error);
    return;
  }
  yield* unfinished;
}

async function takeAtLeast(iterator: AsyncIterator<Uint8Array>, bytes: number): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (head.length < bytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* rest(head: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

/** The body of an answer, as it arrives. */
export const bytesOf = (response: Response): AsyncIterable<Uint8Array> =>
  (response.body ?? []) as AsyncIterable<Uint8Array>;
