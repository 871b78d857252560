import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { badDigest, invalidRequest, notImplemented, s3Error } from '../errors';
import { Crc32c, Crc64Nvme, type RunningChecksum } from './crc';

class Crc32 implements RunningChecksum {
  private crc = 0;

  update(bytes: Buffer): void {
    this.crc = crc32(bytes, this.crc);
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.crc);
    return digest;
  }
}

const hash = (algorithm: string) => (): RunningChecksum => {
  const running = createHash(algorithm);
  return { update: (bytes) => void running.update(bytes), digest: () => running.digest() };
};

const PREFIX = 'x-amz-checksum-';

const ALGORITHMS: Readonly<Record<string, () => RunningChecksum>> = {
  [`${PREFIX}crc32`]: () => new Crc32(),
  [`${PREFIX}crc32c`]: () => new Crc32c(),
  [`${PREFIX}crc64nvme`]: () => new Crc64Nvme(),
  [`${PREFIX}sha1`]: hash('sha1'),
  [`${PREFIX}sha256`]: hash('sha256'),
};

/** The checksum of an empty content, in base64; `undefined` for a header that is no checksum. */
export const checksumOfNothing = (name: string): string | undefined => ALGORITHMS[name]?.().digest().toString('base64');

/** Of the headers that begin alike, these say how, and not what. */
const OTHERS: ReadonlySet<string> = new Set([`${PREFIX}algorithm`, `${PREFIX}mode`, `${PREFIX}type`]);

type Headers = Readonly<Record<string, string | undefined>>;

/** What a body must add up to: an expected digest, or a trailer that will bring it. */
interface Expected {
  readonly name: string;
  readonly running: RunningChecksum;
  digest: string | undefined;
}

/** The checksums that a client sends with a body, in headers or in trailers: all are verified. */
export class DeclaredChecksums {
  private readonly expected: Expected[] = [];

  /** Throws `InvalidDigest`, `InvalidRequest` or `NotImplemented`. */
  constructor(headers: Headers, trailers: readonly string[]) {
    const md5 = headers['content-md5'];
    if (md5 !== undefined) this.expect('content-md5', hash('md5'), md5);
    for (const [name, value] of Object.entries(headers)) {
      if (!name.startsWith(PREFIX) || OTHERS.has(name) || value === undefined) continue;
      this.expect(name, algorithmOf(name), value);
    }
    for (const name of trailers) this.expect(name, algorithmOf(name), undefined);
  }

  update(bytes: Buffer): void {
    for (const { running } of this.expected) running.update(bytes);
  }

  /** Throws `MalformedTrailerError` for a trailer that was not announced, or comes twice. */
  trailer(name: string, value: string): void {
    const awaited = this.expected.find((one) => one.name === name && one.digest === undefined);
    if (!awaited) throw malformedTrailer();
    awaited.digest = mustBeDigest(name, value);
  }

  /** Throws `BadDigest`, and `MalformedTrailerError` for a trailer that never came. */
  verify(): void {
    for (const { name, digest, running } of this.expected) {
      if (digest === undefined) throw malformedTrailer();
      if (running.digest().toString('base64') === digest) continue;
      throw name === 'content-md5' ? badDigest('Content-MD5') : badDigest(name);
    }
  }

  private expect(name: string, create: () => RunningChecksum, digest: string | undefined): void {
    const checked = digest === undefined ? undefined : mustBeDigest(name, digest);
    this.expected.push({ name, running: create(), digest: checked });
  }
}

const algorithmOf = (name: string): (() => RunningChecksum) => {
  const create = ALGORITHMS[name];
  if (create) return create;
  if (name.startsWith(PREFIX)) throw notImplemented(`the checksum "${name.slice(0, 64)}"`);
  throw invalidRequest(`The trailer "${name.slice(0, 64)}" is not a checksum.`);
};

/** The text, when it is base64 of as many bytes as the algorithm has. */
const mustBeDigest = (name: string, text: string): string => {
  const digest = text.trim();
  const bytes = Buffer.from(digest, 'base64');
  if (bytes.toString('base64') === digest && bytes.length === LENGTHS[name]) return digest;
  if (name === 'content-md5') throw s3Error('InvalidDigest', 400, 'The Content-MD5 you specified is not valid.');
  throw invalidRequest(`Value for ${name} header is invalid.`);
};

const LENGTHS: Readonly<Record<string, number>> = {
  'content-md5': 16,
  [`${PREFIX}crc32`]: 4,
  [`${PREFIX}crc32c`]: 4,
  [`${PREFIX}crc64nvme`]: 8,
  [`${PREFIX}sha1`]: 20,
  [`${PREFIX}sha256`]: 32,
};

const malformedTrailer = (): Error =>
  s3Error('MalformedTrailerError', 400, 'The request contained trailing data that was not well-formed or announced.');
