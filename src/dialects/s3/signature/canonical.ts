import { createHash, createHmac } from 'node:crypto';
import type { S3Target } from '../target';

/** Percent-encodes everything but the unreserved characters of RFC 3986, as Signature Version 4 asks for. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

const canonicalPath = (path: string): string => path.split('/').map(encoded).join('/');

const SIGNATURE = 'X-Amz-Signature';

const canonicalQuery = (query: S3Target['query']): string =>
  query
    .filter(([name]) => name !== SIGNATURE)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort(byCode)
    .join('&');

/** `a=` before `a-b=`: by name, then by value, in the order of bytes. All is ASCII by now. */
const byCode = (a: string, b: string): number => {
  const [left, right] = [a.replace('=', '\0'), b.replace('=', '\0')];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** Header values by lower-case name, as they came, one after another. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

export interface SignedRequest {
  readonly method: string;
  readonly target: S3Target;
  readonly headers: HeaderValues;
  /** In the order of the signature. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

export const canonicalRequest = ({ method, target, headers, signedHeaders, payloadHash }: SignedRequest): string => {
  const lines = signedHeaders.map((name) => `${name}:${(headers.get(name) ?? ['']).map(collapsed).join(',')}\n`);
  return [
    method,
    canonicalPath(target.path),
    canonicalQuery(target.query),
    lines.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
};

const collapsed = (value: string): string =>
  value
    .split(' ')
    .filter((part) => part !== '')
    .join(' ');

/** The day, region and service that a key is derived for. */
export interface CredentialScope {
  /** `YYYYMMDD` */
  readonly day: string;
  readonly region: string;
}

export const scopeText = ({ day, region }: CredentialScope): string => `${day}/${region}/s3/aws4_request`;

export const signingKey = (secret: string, { day, region }: CredentialScope): Buffer => {
  const steps = [day, region, 's3', 'aws4_request'];
  return steps.reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(`AWS4${secret}`));
};

/** Header values are read as Latin-1 by Node: written as such they are the bytes that were signed. */
export const sha256Hex = (content: string | Buffer): string =>
  createHash('sha256')
    .update(typeof content === 'string' ? Buffer.from(content, 'latin1') : content)
    .digest('hex');

export const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The signature of a canonical request, in hexadecimal digits. `time` as `YYYYMMDDTHHMMSSZ`. */
export const signatureOf = (key: Buffer, time: string, scope: CredentialScope, canonical: string): string =>
  hmac(key, ['AWS4-HMAC-SHA256', time, scopeText(scope), sha256Hex(canonical)].join('\n')).toString('hex');
