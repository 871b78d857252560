import { invalidArgument, notImplemented } from '../errors';
import { hmac, scopeText, sha256Hex, type CredentialScope } from '../signature/canonical';

/** How `x-amz-content-sha256` says that a body comes. */
export type Payload =
  | { readonly kind: 'whole'; readonly sha256: Buffer | undefined }
  | { readonly kind: 'chunked'; readonly isSigned: boolean; readonly hasTrailers: boolean };

const CHUNKED: ReadonlyMap<string, Payload> = new Map<string, Payload>([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', { kind: 'chunked', isSigned: true, hasTrailers: false }],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', { kind: 'chunked', isSigned: true, hasTrailers: true }],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', { kind: 'chunked', isSigned: false, hasTrailers: true }],
]);

/** Throws `InvalidArgument`, and `NotImplemented` for signatures of another kind. */
export const payloadOf = (hash: string): Payload => {
  if (hash === 'UNSIGNED-PAYLOAD') return { kind: 'whole', sha256: undefined };
  if (/^[0-9a-f]{64}$/.test(hash)) return { kind: 'whole', sha256: Buffer.from(hash, 'hex') };
  const chunked = CHUNKED.get(hash);
  if (chunked) return chunked;
  if (hash.startsWith('STREAMING-AWS4-ECDSA-')) throw notImplemented('asymmetric signatures');
  throw invalidArgument(
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING- value, or a SHA-256 as 64 hexadecimal digits',
  );
};

/** What the signature of the first chunk is derived from. */
export interface ChunkSeed {
  readonly key: Buffer;
  readonly time: string;
  readonly scope: CredentialScope;
  /** Of the request. */
  readonly signature: string;
}

const EMPTY_HASH = sha256Hex('');

/** The signatures of the chunks of one body, each of which covers the one before it. */
export class ChunkSignatures {
  private previous: string;

  constructor(private readonly seed: ChunkSeed) {
    this.previous = seed.signature;
  }

  /** `hash` of the chunk's bytes, in hexadecimal digits. */
  next(hash: string): string {
    return this.sign('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_HASH, hash]);
  }

  /** `lines` are the trailers, each `name:value` with a newline at its end. */
  ofTrailers(lines: string): string {
    return this.sign('AWS4-HMAC-SHA256-TRAILER', [sha256Hex(lines)]);
  }

  private sign(kind: string, hashes: readonly string[]): string {
    const { key, time, scope } = this.seed;
    const text = [kind, time, scopeText(scope), this.previous, ...hashes].join('\n');
    this.previous = hmac(key, text).toString('hex');
    return this.previous;
  }
}
