import { timingSafeEqual } from 'node:crypto';
import { accessDenied, s3Error } from '../errors';
import type { S3Target } from '../target';
import { canonicalRequest, signatureOf, signingKey, type HeaderValues } from './canonical';
import { instantOf, type SignatureClaim } from './claim';

/** What a client's clock may be off. */
export const MAX_SKEW_MS = 15 * 60_000;

/** Throws for a claim that no signature could make good: of another day, too old, or of a request with unsigned parts. */
export const mustBeTimely = (claim: SignatureClaim, now: number): void => {
  const at = instantOf(claim.time);
  if (claim.scope.day !== claim.time.slice(0, 8)) {
    throw s3Error('SignatureDoesNotMatch', 403, 'The day of the credential is not that of the request.');
  }
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(now - at) <= MAX_SKEW_MS) return;
    throw s3Error(
      'RequestTimeTooSkewed',
      403,
      'The difference between the request time and the current time is too large.',
    );
  }
  if (at - now > MAX_SKEW_MS) throw accessDenied('Request is not valid yet');
  if (now > at + claim.expiresSeconds * 1_000) throw accessDenied('Request has expired');
};

/** Headers that change what a request does are those of S3 itself: each must be signed. */
export const mustBeSigned = (headers: HeaderValues, { signedHeaders }: SignatureClaim): void => {
  const signed = new Set(signedHeaders);
  for (const name of signed) {
    if (!headers.has(name)) throw accessDenied(`The signed header "${name}" was not sent.`);
  }
  for (const name of headers.keys()) {
    if (!name.startsWith('x-amz-') || signed.has(name)) continue;
    throw accessDenied(`There were headers present in the request which were not signed: ${name}`);
  }
};

export interface SignedExchange {
  readonly method: string;
  readonly target: S3Target;
  readonly headers: HeaderValues;
  readonly claim: SignatureClaim;
}

/** Whether the holder of `secret` signed this request. */
export const isSignedWith = (secret: string, { method, target, headers, claim }: SignedExchange): boolean => {
  const { scope, time, signedHeaders, payloadHash, signature } = claim;
  const canonical = canonicalRequest({ method, target, headers, signedHeaders, payloadHash });
  return isSame(signature, signatureOf(signingKey(secret, scope), time, scope, canonical));
};

/** Both of hexadecimal digits. */
export const isSame = (given: string, expected: string): boolean =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
