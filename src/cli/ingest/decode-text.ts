import { BrokenFileError } from './document';

/** UTF-8, or UTF-16 with a byte order mark. What is neither is refused: guessed letters would be found by nobody. */
export function decodeText(bytes: Uint8Array): string {
  const text = decode(bytes, encodingOf(bytes));
  if (text.includes('\0')) throw new BrokenFileError('It contains NUL bytes: it is binary, not text.');
  return text.replace(/\r\n?/g, '\n');
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function decode(bytes: Uint8Array, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BrokenFileError(`It is not valid ${encoding.toUpperCase()} text.`, error);
  }
}
