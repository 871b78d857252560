import { incompleteBody } from '../errors';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Reads lines and counted bytes from a body that comes in pieces of any size. Holds one piece at a time, and one line. */
export class ByteReader {
  private piece: Buffer = Buffer.alloc(0);
  private readonly pieces: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.pieces = source[Symbol.asyncIterator]();
  }

  /** Up to the next CR LF, without it. Throws `IncompleteBody` at the end of the body, and beyond `maxBytes`. */
  async line(maxBytes: number): Promise<string> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      await this.mustHaveMore();
      const end = this.piece.indexOf(NEWLINE);
      const part = this.take(end < 0 ? this.piece.length : end + 1);
      parts.push(part);
      length += part.length;
      if (length > maxBytes) throw incompleteBody('A line between the chunks of the body is too long.');
      if (end >= 0) return withoutEnd(Buffer.concat(parts));
    }
  }

  /** The next bytes, at least one and at most `most`. */
  async some(most: number): Promise<Buffer> {
    await this.mustHaveMore();
    return this.take(Math.min(most, this.piece.length));
  }

  /** Throws `IncompleteBody` when anything is left. */
  async mustBeAtEnd(): Promise<void> {
    if (await this.hasMore()) throw incompleteBody('There are bytes behind the last chunk of the body.');
  }

  /** To be called by whoever stops early. */
  async close(): Promise<void> {
    await this.pieces.return?.();
  }

  private async mustHaveMore(): Promise<void> {
    if (!(await this.hasMore())) throw incompleteBody('The body ended before its last chunk; nothing was stored.');
  }

  private async hasMore(): Promise<boolean> {
    while (this.piece.length === 0) {
      const next = await this.pieces.next();
      if (next.done === true) return false;
      this.piece = next.value;
    }
    return true;
  }

  private take(bytes: number): Buffer {
    const taken = this.piece.subarray(0, bytes);
    this.piece = this.piece.subarray(bytes);
    return taken;
  }
}

const withoutEnd = (line: Buffer): string => {
  if (line.at(-2) !== RETURN) throw incompleteBody('A line between the chunks of the body does not end with CR LF.');
  return line.subarray(0, -2).toString('latin1');
};
