import type { FastifyRequest } from 'fastify';
import { checksumOfNothing } from './body/checksums';
import type { ChunkSeed, Payload } from './body/payload';
import type { HeaderValues } from './signature/canonical';
import { headerValues } from './signature/claim';
import { targetOf, type S3Target } from './target';

/** Of a presigned URL; they say nothing about the operation. */
const OF_SIGNATURE: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);

interface Verified {
  readonly payload: Payload;
  readonly seed: ChunkSeed;
}

/** One request of S3's API, as all its parts see it. */
export class S3Request {
  readonly target: S3Target;
  /** By lower-case name. What a presigned URL has in its query instead of a header is among them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What was sent as headers, and what a signature covers. */
  readonly values: HeaderValues;
  private verified: Verified | undefined;

  constructor({ raw }: FastifyRequest, prefix: string) {
    this.target = targetOf(raw.url ?? '/', prefix);
    this.values = headerValues(raw);
    this.headers = { ...movedToQuery(this.target), ...(raw.headers as Record<string, string | undefined>) };
  }

  /** How the body comes. Known once the signature is verified. */
  get payload(): Payload {
    return this.proof.payload;
  }

  get seed(): ChunkSeed {
    return this.proof.seed;
  }

  /** To be called once the signature is verified. */
  settle(verified: Verified): void {
    this.verified = verified;
  }

  private get proof(): Verified {
    if (!this.verified) throw new Error('The signature of the request was not verified.');
    return this.verified;
  }
}

const movedToQuery = ({ query }: S3Target): Record<string, string> =>
  Object.fromEntries(
    query
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name, value]) => name.startsWith('x-amz-') && !OF_SIGNATURE.has(name) && !isOfNoBody(name, value)),
  );

/** Clients that sign a URL for an upload have no body yet, and some add the checksum of none: it says nothing about the one to come. */
const isOfNoBody = (name: string, value: string): boolean => checksumOfNothing(name) === value;

const requests = new WeakMap<FastifyRequest, S3Request>();

export const rememberS3Request = (request: FastifyRequest, prefix: string): S3Request => {
  const made = new S3Request(request, prefix);
  requests.set(request, made);
  return made;
};

/** The request that a handler of the dialect serves. */
export const s3RequestOf = (request: FastifyRequest): S3Request => {
  const known = requests.get(request);
  if (!known) throw new Error('The request did not come by the dialect of S3.');
  return known;
};
