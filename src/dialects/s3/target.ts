import { malformed } from '../../common/errors';
import { s3Error } from './errors';

/** What a request asks for: `bucket` and `key` are decoded, and empty where the path has none. */
export interface S3Target {
  /** The path as the client signed it, percent-decoded. */
  readonly path: string;
  readonly bucket: string;
  readonly key: string;
  /** In the order of the request, decoded. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads a request target. `prefix` is the part of the path that belongs to ZeroDB. The path is decoded as a whole and never
 * normalised: what is signed is what is used.
 */
export const targetOf = (url: string, prefix: string): S3Target => {
  const end = url.indexOf('?');
  const path = decodedPath(end < 0 ? url : url.slice(0, end));
  const rest = path.slice(prefix.length + 1);
  const slash = rest.indexOf('/');
  return {
    path,
    bucket: slash < 0 ? rest : rest.slice(0, slash),
    key: slash < 0 ? '' : rest.slice(slash + 1),
    query: end < 0 ? [] : queryOf(url.slice(end + 1)),
  };
};

const decodedPath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw s3Error('InvalidURI', 400, 'The path is not valid percent-encoded UTF-8.', { cause });
  }
};

const queryOf = (text: string): [string, string][] =>
  text.split('&').flatMap((part): [string, string][] => {
    if (part === '') return [];
    const equals = part.indexOf('=');
    return [
      equals < 0 ? [decodedPart(part), ''] : [decodedPart(part.slice(0, equals)), decodedPart(part.slice(equals + 1))],
    ];
  });

const decodedPart = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw malformed('The query string is not valid percent-encoded UTF-8.', [], cause);
  }
};

/** The value of a parameter that occurs once; of several, the first. */
export const parameterOf = ({ query }: S3Target, name: string): string | undefined =>
  query.find(([one]) => one === name)?.[1];
