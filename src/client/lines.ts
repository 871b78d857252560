import { UnreachableError } from './errors';
import { reasonOf } from './reason';

/** One line may hold a record with a vector of 16,000 numbers and a text of 1 MiB. */
const LONGEST_LINE = 32 * 1024 * 1024;

/**
 * The lines of an answer's body, without their ends (`\n`, `\r\n`). The text after the last end is a line when it is not empty.
 * Rejects as `chunksOf` does: lines that were given are whole, but not all.
 */
export async function* linesOf(response: Response, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of chunksOf(response, signal)) {
    const ends = decoder.decode(chunk, { stream: true }).split('\n');
    const rest = ends.pop() ?? '';
    for (const end of ends) {
      yield withoutReturn(parts.splice(0).join('') + end);
      length = 0;
    }
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE) throw new RangeError(`a line of the answer is longer than ${LONGEST_LINE} characters`);
  }
  if (length > 0) yield withoutReturn(parts.join(''));
}

/** The whole body as text. */
export async function textOf(response: Response, signal?: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const chunk of chunksOf(response, signal)) parts.push(decoder.decode(chunk, { stream: true }));
  return parts.join('') + decoder.decode();
}

/**
 * A body piece by piece. Rejects with `UnreachableError` when the connection breaks, and with the signal's reason. The signal is
 * heard here too: in Node, one that only `fetch` knows may be forgotten when the garbage is collected in the middle of a body.
 */
async function* chunksOf({ body, url }: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw isBroken(error) ? new UnreachableError(url, reasonOf(error), error) : error;
      });
      if (signal?.aborted === true) throw signal.reason;
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    // Whoever stops reading ends the request.
    cancel();
  }
}

/** `fetch` rejects with a `TypeError` when the connection fails; by its name, for it may be of another realm. */
export const isBroken = (error: unknown): boolean => (error as Error | undefined)?.name === 'TypeError';

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
