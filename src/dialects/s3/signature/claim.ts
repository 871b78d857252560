import type { IncomingMessage } from 'node:http';
import { accessDenied, invalidArgument, invalidRequest, s3Error } from '../errors';
import { parameterOf, type S3Target } from '../target';
import type { CredentialScope, HeaderValues } from './canonical';

/** Who signed a request, with what, and what of it: unverified. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly time: string;
  /** Of a presigned URL; otherwise `undefined`. */
  readonly expiresSeconds: number | undefined;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payloadHash: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const UNSIGNED = 'UNSIGNED-PAYLOAD';
const MAX_EXPIRES = 604_800;
const CREDENTIAL = /^([^/]{1,128})\/(\d{8})\/([A-Za-z0-9-]{1,64})\/([^/]{1,32})\/([^/]{1,32})$/;
const TIME = /^\d{8}T\d{6}Z$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const HEADER_NAMES = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}(;[a-z0-9!#$%&'*+.^_`|~-]{1,128}){0,63}$/;

/** By lower-case name, with every occurrence. Node joins some and drops others. */
export const headerValues = ({ rawHeaders, headers }: IncomingMessage): HeaderValues => {
  const values = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const known = values.get(name);
    if (known) known.push(rawHeaders[at + 1] ?? '');
    else values.set(name, [rawHeaders[at + 1] ?? '']);
  }
  // HTTP/2 calls it ":authority".
  if (!values.has('host') && headers.host !== undefined) values.set('host', [headers.host]);
  return values;
};

const single = (headers: HeaderValues, name: string): string | undefined => {
  const values = headers.get(name);
  if (values && values.length > 1) throw invalidArgument(`The header "${name}" occurs more than once.`);
  return values?.[0];
};

/**
 * The signature of a request, in its header or its query. Throws `AccessDenied` without one, and S3's errors for one that
 * cannot be read.
 */
export const claimOf = (target: S3Target, headers: HeaderValues): SignatureClaim => {
  const authorization = single(headers, 'authorization');
  const algorithm = parameterOf(target, 'X-Amz-Algorithm');
  mustHaveNoSessionToken(target, headers);
  if (authorization !== undefined && algorithm !== undefined)
    throw invalidArgument('Sign a request either in its header or in its query, not in both.');
  if (authorization !== undefined) return inHeader(authorization, headers);
  if (algorithm !== undefined) return inQuery(target, headers, algorithm);
  if (parameterOf(target, 'Signature') !== undefined) throw otherVersion();
  throw accessDenied(
    'The request is not signed. Sign it with an access key of ZeroDB, which `POST /v1/keys/{id}/s3` shows.',
  );
};

const mustHaveNoSessionToken = (target: S3Target, headers: HeaderValues): void => {
  if (!headers.has('x-amz-security-token') && parameterOf(target, 'X-Amz-Security-Token') === undefined) return;
  throw s3Error('InvalidToken', 400, 'ZeroDB has no temporary credentials: send no security token.');
};

const otherVersion = (): Error =>
  invalidRequest('The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.');

const malformedHeader = (what: string): Error =>
  s3Error('AuthorizationHeaderMalformed', 400, `The authorization header is malformed; ${what}.`);

const inHeader = (authorization: string, headers: HeaderValues): SignatureClaim => {
  if (!authorization.startsWith(`${ALGORITHM} `)) throw otherVersion();
  const fields = fieldsOf(authorization.slice(ALGORITHM.length + 1));
  const payloadHash = single(headers, 'x-amz-content-sha256');
  if (payloadHash === undefined) throw invalidRequest('Missing required header for this request: x-amz-content-sha256');
  return {
    ...credentialOf(fields.get('Credential') ?? '', malformedHeader),
    time: timeIn(single(headers, 'x-amz-date') ?? dateOf(single(headers, 'date'))),
    expiresSeconds: undefined,
    signedHeaders: signedHeadersOf(fields.get('SignedHeaders') ?? '', malformedHeader),
    signature: signatureIn(fields.get('Signature') ?? '', malformedHeader),
    payloadHash,
  };
};

const fieldsOf = (text: string): Map<string, string> => {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== 3) throw malformedHeader('it has Credential, SignedHeaders and Signature');
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
};

/** `Date`, where a client sends no `x-amz-date`. */
const dateOf = (date: string | undefined): string => {
  const at = new Date(date ?? '');
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
};

const timeIn = (time: string): string => {
  if (TIME.test(time) && !Number.isNaN(instantOf(time))) return time;
  throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
};

/** Milliseconds since 1970 of `YYYYMMDDTHHMMSSZ`. */
export const instantOf = (time: string): number =>
  Date.parse(time.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z'));

type Malformed = (what: string) => Error;

const credentialOf = (text: string, malformed: Malformed): { accessKeyId: string; scope: CredentialScope } => {
  const [, accessKeyId, day, region, service, end] = CREDENTIAL.exec(text) ?? [];
  if (accessKeyId === undefined || day === undefined || region === undefined)
    throw malformed('the Credential has the form "<access key id>/YYYYMMDD/<region>/s3/aws4_request"');
  if (service !== 's3') throw malformed('incorrect service; the service is "s3"');
  if (end !== 'aws4_request') throw malformed('the Credential ends with "aws4_request"');
  return { accessKeyId, scope: { day, region } };
};

const signedHeadersOf = (text: string, malformed: Malformed): string[] => {
  if (!HEADER_NAMES.test(text)) throw malformed('SignedHeaders are lower-case names with ";" between them');
  const names = text.split(';');
  if (!names.includes('host')) throw malformed('"host" must be signed');
  return names;
};

const signatureIn = (text: string, malformed: Malformed): string => {
  if (!SIGNATURE.test(text)) throw malformed('the Signature has 64 hexadecimal digits');
  return text;
};

const malformedQuery = (what: string): Error =>
  s3Error('AuthorizationQueryParametersError', 400, `The signature in the query is malformed; ${what}.`);

const inQuery = (target: S3Target, headers: HeaderValues, algorithm: string): SignatureClaim => {
  if (algorithm !== ALGORITHM) throw malformedQuery(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const time = onlyOne(target, 'X-Amz-Date');
  if (!TIME.test(time) || Number.isNaN(instantOf(time))) throw malformedQuery('X-Amz-Date must be YYYYMMDDTHHMMSSZ');
  return {
    ...credentialOf(onlyOne(target, 'X-Amz-Credential'), malformedQuery),
    time,
    expiresSeconds: expiresIn(onlyOne(target, 'X-Amz-Expires')),
    signedHeaders: signedHeadersOf(onlyOne(target, 'X-Amz-SignedHeaders'), malformedQuery),
    signature: signatureIn(onlyOne(target, 'X-Amz-Signature'), malformedQuery),
    payloadHash: single(headers, 'x-amz-content-sha256') ?? parameterOf(target, 'X-Amz-Content-Sha256') ?? UNSIGNED,
  };
};

/** Of two, one might be read here and the other elsewhere. */
const onlyOne = ({ query }: S3Target, name: string): string => {
  const values = query.filter(([one]) => one === name);
  if (values.length !== 1) throw malformedQuery(`${name} must be there once`);
  return values[0]?.[1] ?? '';
};

const expiresIn = (text: string): number => {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 1 && seconds <= MAX_EXPIRES) return seconds;
  throw malformedQuery(`X-Amz-Expires must be from 1 to ${MAX_EXPIRES} seconds`);
};
