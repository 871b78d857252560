import { crc32 } from 'node:zlib';

/**
 * Mean bytes of a chunk of rows. Small, because one changed row sends its whole chunk again; below this, what a chunk
 * costs (a name, a nonce, a length) is felt.
 */
const TARGET_BYTES = 8 * 1024;
/** A longer chunk is cut wherever it is: one row may be larger than the memory meant for it. */
export const MAX_CHUNK_BYTES = 512 * 1024;
const RANGE = 2 ** 32;
const NEWLINE = Buffer.from('\n');

/**
 * Cuts lines into chunks by their content: a line ends a chunk when its own hash says so, with a chance in proportion to
 * its length. An inserted, changed or removed line therefore moves no cut but those beside it.
 */
export class Cutter {
  private pieces: Buffer[] = [];
  private held = 0;

  /** Returns the chunks that are complete. */
  add(line: string): Buffer[] {
    const bytes = Buffer.from(line);
    this.pieces.push(bytes, NEWLINE);
    this.held += bytes.length + 1;
    if (this.held >= MAX_CHUNK_BYTES) return inParts(this.take());
    return crc32(bytes) < (bytes.length / TARGET_BYTES) * RANGE ? [this.take()] : [];
  }

  /** The rest. */
  end(): Buffer[] {
    return this.held > 0 ? [this.take()] : [];
  }

  private take(): Buffer {
    const chunk = Buffer.concat(this.pieces);
    this.pieces = [];
    this.held = 0;
    return chunk;
  }
}

function inParts(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += MAX_CHUNK_BYTES)
    parts.push(bytes.subarray(from, from + MAX_CHUNK_BYTES));
  return parts;
}

/** The lines of chunks, in order. A line that was cut is whole again. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]).toString();
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString();
}
