import { createHash } from 'node:crypto';
import { incompleteBody, s3Error } from '../errors';
import { isSame } from '../signature/verify';
import { ByteReader } from './byte-reader';
import type { ChunkSignatures } from './payload';

/** Of the line before a chunk: its size, and its signature. */
const MAX_HEAD = 256;
const MAX_TRAILER_LINE = 1_024;
const MAX_TRAILERS = 16;
const HEAD = /^([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?$/;
const SIGNATURE_TRAILER = 'x-amz-trailer-signature';

export interface ChunkedOptions {
  /** Of the content, as the client announces it. */
  readonly size: number;
  /** Where the chunks are signed. */
  readonly signatures: ChunkSignatures | undefined;
  /** Takes the trailers, where there are any. */
  readonly onTrailer: ((name: string, value: string) => void) | undefined;
}

/**
 * The content of a body in the coding `aws-chunked`. Each chunk's signature is verified at its end, so what this yields may be
 * used only once it has come to its own. Throws `IncompleteBody` for a body that is cut or of another size than announced,
 * `SignatureDoesNotMatch` for a chunk or trailers that somebody else signed.
 */
export async function* chunkedBody(source: AsyncIterable<Buffer>, options: ChunkedOptions): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  let left = options.size;
  try {
    for (;;) {
      const { size, signature } = headIn(await reader.line(MAX_HEAD), options.signatures !== undefined);
      if (size > left) throw incompleteBody('The body has more bytes than x-amz-decoded-content-length.');
      const hash = createHash('sha256');
      for (let rest = size; rest > 0;) {
        const bytes = await reader.some(rest);
        rest -= bytes.length;
        if (options.signatures) hash.update(bytes);
        yield bytes;
      }
      mustBeSignedAs(options.signatures?.next(hash.digest('hex')), signature);
      left -= size;
      if (size === 0) break;
      if ((await reader.line(2)) !== '') throw incompleteBody('A chunk of the body is longer than it says.');
    }
    if (left > 0) throw incompleteBody('The body has fewer bytes than x-amz-decoded-content-length.');
    await readTrailers(reader, options);
    await reader.mustBeAtEnd();
  } finally {
    await reader.close();
  }
}

const headIn = (line: string, isSigned: boolean): { size: number; signature: string | undefined } => {
  const [, size, signature] = HEAD.exec(line) ?? [];
  if (size === undefined) throw incompleteBody('A chunk of the body does not begin with its size.');
  if (isSigned && signature === undefined) throw signatureMismatch();
  return { size: Number.parseInt(size, 16), signature };
};

const mustBeSignedAs = (expected: string | undefined, given: string | undefined): void => {
  if (expected !== undefined && !isSame(given ?? '', expected)) throw signatureMismatch();
};

/** Lines up to an empty one, of which the last may sign the others. */
const readTrailers = async (reader: ByteReader, { signatures, onTrailer }: ChunkedOptions): Promise<void> => {
  let signed = '';
  let isSigned = false;
  for (let count = 0; count <= MAX_TRAILERS; count += 1) {
    const line = await reader.line(MAX_TRAILER_LINE);
    if (line === '') {
      if (signatures && onTrailer && !isSigned) throw signatureMismatch();
      return;
    }
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()];
    if (!onTrailer || isSigned || name === '')
      throw incompleteBody('There are bytes behind the last chunk of the body.');
    if (name === SIGNATURE_TRAILER) {
      mustBeSignedAs(signatures?.ofTrailers(signed), value);
      isSigned = true;
    } else {
      onTrailer(name, value);
      signed += `${name}:${value}\n`;
    }
  }
  throw incompleteBody('The body has too many trailers.');
};

const signatureMismatch = (): Error =>
  s3Error('SignatureDoesNotMatch', 403, 'The signature of a chunk of the body does not match; nothing was stored.');
