import { preconditionFailed } from '../common/errors';

type Headers = Readonly<Record<string, string | undefined>>;

/** A version as an entity tag. */
export const etagOf = (version: number): string => `"${version}"`;

/** The version that `If-Match` asks for. `*` asks for any: what is not there is a 404 anyway. */
export function ifMatch(headers: Headers): number | undefined {
  const value = headers['if-match']?.trim();
  if (value === undefined || value === '*') return undefined;
  const version = /^"([0-9]{1,16})"$/.exec(value)?.[1];
  // A tag that we never issued matches nothing.
  if (version === undefined) throw preconditionFailed(`If-Match names no version of ours, such as "17".`);
  return Number(version);
}

/** `If-None-Match: *`: create only. */
export const ifNoneMatchAny = (headers: Headers): boolean => headers['if-none-match']?.trim() === '*';
