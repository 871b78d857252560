import { createHash } from 'node:crypto';
import type { Scalar } from '../../../common/filter';

/** Where the facts of a record lie in its payload. Elements of arrays hold the same names, without the base. */
export const FACTS = 'facts';

/** Longer strings are replaced by a digest: an entry of an index stays small whatever a record holds. */
const MAX_VERBATIM = 48;
const PLAIN_KEY = /^[A-Za-z0-9_]{1,48}$/;

/** What a path is called inside a payload: letters, digits and underscores, so that it never needs quotes there. */
export function pathKey(keys: readonly string[]): string {
  const [only] = keys;
  if (only === undefined) return 'v';
  if (keys.length === 1 && PLAIN_KEY.test(only)) return `k${only}`;
  return `h${digest(JSON.stringify(keys)).slice(0, 16)}`;
}

/** The same for a built-in field of the record that is a string. No path of the metadata has this name. */
export const fieldKey = (field: string): string => (field === '@text' ? 't' : `o${field.slice(1)}`);

/** The path has a value. */
export const existsToken = (key: string): string => `?${key}`;
/** Some value of the path is an object. */
export const objectToken = (key: string): string => `{${key}`;
/** The path has more than one value. */
export const severalToken = (key: string): string => `*${key}`;
/** Some value of the path equals this one. */
export const valueToken = (key: string, value: Scalar): string => `=${key}:${typed(value)}`;
/** The word occurs in some string of the path. */
export const wordToken = (key: string, word: string): string =>
  `${key}:${word.length <= MAX_VERBATIM ? word : `#${digest(word)}`}`;

/** No record has it. */
export const NO_TOKEN = '!';

function typed(value: Scalar): string {
  if (typeof value === 'string') return value.length <= MAX_VERBATIM ? `s${value}` : `S${digest(value)}`;
  // `-0` is 0.
  return typeof value === 'number' ? `n${value + 0}` : `b${value}`;
}

const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
