import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import { asSent, type Coding } from '../../../api/as-sent';
import { contentEncodingIn, sentBody } from '../../../files/objects/upload-body';
import { s3Error } from '../errors';
import type { S3Request } from '../s3-request';
import { DeclaredChecksums } from './checksums';
import { chunkedBody } from './chunked-body';
import { ChunkSignatures } from './payload';

const CHUNKED_CODING = 'aws-chunked';

type Headers = S3Request['headers'];

/** The coding in which the content is stored: `Content-Encoding` without `aws-chunked`, which is of the transfer. */
export const codingIn = (headers: Headers): Coding | null => {
  const codings = (headers['content-encoding'] ?? '').split(',').map((one) => one.trim());
  return contentEncodingIn({ 'content-encoding': codings.filter((one) => one !== CHUNKED_CODING).join(',') });
};

/** What arrives in the body of an upload. */
export class Content {
  /** Bytes that the client announces. */
  readonly size: number;
  /** What the content must hash to, where the signature says it. */
  readonly sha256: Buffer | undefined;
  private readonly hash: Hash = createHash('md5');
  private digest: Buffer | undefined;

  /** Throws `MissingContentLength`, and what is wrong about checksums. Reads nothing yet. */
  constructor(private readonly request: S3Request) {
    const { headers, payload } = request;
    this.size = sizeIn(headers, payload.kind === 'chunked' ? 'x-amz-decoded-content-length' : 'content-length');
    this.sha256 = payload.kind === 'whole' ? payload.sha256 : undefined;
    if (payload.kind === 'whole' && isChunked(headers)) throw notChunked();
    this.checksums = new DeclaredChecksums(headers, trailersIn(request));
  }

  private readonly checksums: DeclaredChecksums;

  /** Of the content, once it was read to its end. */
  get md5(): Buffer {
    this.digest ??= this.hash.digest();
    return this.digest;
  }

  /**
   * The bytes. One that is cut in the middle, of another size, wrongly signed, or different from a checksum, throws before its end,
   * so that nothing is stored. `leastPerSecond`: see `uploadBody`.
   */
  bytes(raw: IncomingMessage, leastPerSecond: number, coding: Coding | null): AsyncIterable<Buffer> {
    const checked = this.checked(this.decoded(sentBody(raw, null, leastPerSecond)));
    return coding === null ? checked : asSent(checked, coding);
  }

  private decoded(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    const { payload, seed } = this.request;
    if (payload.kind === 'whole') return source;
    return chunkedBody(source, {
      size: this.size,
      signatures: payload.isSigned ? new ChunkSignatures(seed) : undefined,
      onTrailer: payload.hasTrailers ? (name, value) => this.checksums.trailer(name, value) : undefined,
    });
  }

  private async *checked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const bytes of source) {
      size += bytes.length;
      this.hash.update(bytes);
      this.checksums.update(bytes);
      yield bytes;
    }
    if (size !== this.size) throw s3Error('IncompleteBody', 400, 'The body has another size than was announced.');
    this.checksums.verify();
  }
}

const sizeIn = (headers: Headers, name: string): number => {
  const value = headers[name];
  if (value !== undefined && /^\d{1,15}$/.test(value)) return Number(value);
  throw s3Error('MissingContentLength', 411, `You must provide the ${name} HTTP header.`);
};

/** Else the sizes of the chunks would be stored with them. */
const isChunked = ({ 'content-encoding': codings = '', 'x-amz-decoded-content-length': size }: Headers): boolean =>
  size !== undefined || codings.split(',').some((one) => one.trim() === CHUNKED_CODING);

const notChunked = (): Error =>
  s3Error(
    'InvalidRequest',
    400,
    'A chunked body is announced by x-amz-content-sha256: a value that begins with STREAMING-.',
  );

const MAX_TRAILERS = 8;

const trailersIn = ({ headers, payload }: S3Request): readonly string[] => {
  const names = (headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  const announced = names.filter((name) => name !== '');
  if (announced.length === 0) return [];
  if (payload.kind === 'chunked' && payload.hasTrailers && announced.length <= MAX_TRAILERS) return announced;
  throw s3Error('InvalidRequest', 400, 'x-amz-trailer does not fit x-amz-content-sha256.');
};
