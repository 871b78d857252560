import type { Readable } from 'node:stream';
import { tooLarge } from '../../common/errors';

/** A record of the largest vector, text and metadata, as JSON with every character escaped. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when its bytes are not UTF-8. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;

/** The lines of a stream that are not blank. Holds one line and one chunk at a time. */
export async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of rawLines(stream)) {
    number += 1;
    const text = decode(bytes);
    if (text?.trim() !== '') yield { number, text };
  }
}

async function* rawLines(stream: Readable): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let held = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]);
      [parts, held, start] = [[], 0, end + 1];
    }
    parts.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > MAX_LINE_BYTES) throw tooLarge(`A line is longer than ${MAX_LINE_BYTES} bytes.`);
  }
  if (held > 0) yield Buffer.concat(parts);
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}
