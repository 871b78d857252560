import { BrokenFileError } from './document';
import type { LoadOptions } from './loaders/load-options';

/** What a file says of its character set, for formats that can. */
export interface DecodeOptions extends Pick<LoadOptions, 'encoding'> {
  /** The name as the file writes it; a byte order mark outweighs it. */
  readonly declared?: string | undefined;
}

/**
 * The text of a file, its lines ended by `\n`: by its byte order mark, as it declares, as UTF-8, or else in the encoding
 * that the user gave. What is none of these is refused: guessed letters would be found by nobody.
 */
export function decodeText(bytes: Uint8Array, options: DecodeOptions = {}): string {
  const text = decode(bytes, options);
  if (text.includes('\0')) throw new BrokenFileError('It contains NUL bytes: it is binary, not text.');
  return text.replace(/\r\n?/g, '\n');
}

function decode(bytes: Uint8Array, { declared, encoding }: DecodeOptions): string {
  const marked = markedEncoding(bytes);
  if (marked !== undefined) return decodeAs(bytes, marked, `It is not valid ${marked.toUpperCase()} text.`);
  if (declared !== undefined) return decodeDeclared(bytes, declared);
  // Text in UTF-16 may be valid UTF-8 as well, with NUL characters.
  if (encoding === undefined || (isUtf8(bytes) && !bytes.includes(0)))
    return decodeAs(
      bytes,
      'utf-8',
      'It is not valid UTF-8 text, and declares no other character set: save it as UTF-8, or name its character set with --encoding.',
    );
  return decodeAs(bytes, encoding, `It is neither valid UTF-8 nor valid ${encoding} text.`);
}

/** Of a byte order mark. */
function markedEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe && third === 0 && fourth === 0)
    throw new BrokenFileError('It is UTF-32 text, which is not supported: save it as UTF-8.');
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined;
}

function decodeDeclared(bytes: Uint8Array, declared: string): string {
  if (!isKnownEncoding(declared))
    throw new BrokenFileError(`It declares the character set ${JSON.stringify(declared)}, which is not known.`);
  // Whoever could read the declaration read it as ASCII, so it is no UTF-16 (HTML standard, "prescan a byte stream").
  const encoding = /^utf-16/.test(new TextDecoder(declared).encoding) ? 'utf-8' : declared;
  return decodeAs(bytes, encoding, `It declares the character set ${declared}, but is not valid ${encoding} text.`);
}

function decodeAs(bytes: Uint8Array, encoding: string, refusal: string): string {
  try {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const text = decoder.decode(bytes);
    return decoder.encoding === 'windows-1252' ? withWindowsCharacters(text) : text;
  } catch (error) {
    throw new BrokenFileError(refusal, error);
  }
}

/** Whether it is a label of the Encoding Standard, such as `windows-1252` or `latin1`. */
export function isKnownEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== '';
  } catch {
    return false;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** 0x80 to 0x9F of windows-1252; a space stands where nothing is assigned. */
const WINDOWS_1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

/** Several releases of Node (20.20 is one) decode windows-1252 as ISO-8859-1, with control characters for quotation marks. */
const withWindowsCharacters = (text: string): string =>
  text.replace(/[\u0080-\u009f]/g, (character) => {
    const assigned = WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80);
    return assigned === ' ' ? character : assigned;
  });
