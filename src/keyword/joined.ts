import { pairKey } from './term';
import type { Chunk, Part } from './tokens';

/** Longer runs are paths and addresses: nobody leaves their separators out. */
const MAX_COMPACT_LENGTH = 64;
/** `Wi-Fi`, `Ph.D`, `AB-12-34`; not `10.5kg`, whose point means something. */
const COMPACT_WORD = /^[\p{L}\p{M}\p{N}]+(?:[-.'_&\u2010\u2013][\p{L}\p{M}\p{N}]+)+$/u;
const POINT_OF_NUMBER = /\p{Nd}[.'_&]\p{Nd}/u;
/** An ISBN, a telephone number, a date. */
const LONG_NUMBER = /^(?=(?:[^0-9]*[0-9]){7})[0-9]+(?:[-/\u2010\u2013][0-9]+)+$/;
const THOUSANDS = /^[0-9]{1,3}(?:[,.'][0-9]{3})+$/;

/** The run without its separators, where people write it so, too: `AB123` is `AB-123`, `email` is `e-mail`. */
export function compactOf({ joined, parts }: Chunk): string | null {
  if (joined === null || joined.length > MAX_COMPACT_LENGTH || parts.length < 2) return null;
  if (parts.some(({ kind }) => kind !== 'word')) return null;
  const isWord = /\p{L}/u.test(joined) && COMPACT_WORD.test(joined) && !POINT_OF_NUMBER.test(joined);
  return isWord || LONG_NUMBER.test(joined) || THOUSANDS.test(joined) ? parts.map(({ text }) => text).join('') : null;
}

/** `1.2` of `v1.2`. */
export const unversioned = (text: string): string | null => (/^[vV][0-9]/.test(text) ? text.slice(1) : null);

/** Its parts with the ones after them; `v1.2` has those of `1.2`, too. */
export function pairsOf(parts: readonly Part[]): string[] {
  return parts.slice(1).flatMap((part, index) => {
    const before = parts[index]?.text ?? '';
    const number = index === 0 ? unversioned(before) : null;
    const pair = pairKey(before, part.text);
    return number === null ? [pair] : [pair, pairKey(number, part.text)];
  });
}

const NUMBERED = /^\p{Nd}/u;

/** What a part is beside its neighbour: `#5` is the number 5. */
export const pairedText = ({ text, bare = '' }: Part): string => (NUMBERED.test(bare) ? bare : text);

/** Two neighbours of which one is a number: `5 March`, `123 4`. */
export const isNumbered = (first: string, second: string): boolean =>
  first !== '' && (NUMBERED.test(first) || NUMBERED.test(second));

/** A word of a symbol is found without it when it is longer than a letter (`Google+`, not `C#`) or a number (`$5`). */
export const isFoundBare = (bare: string): boolean => bare.length > 1 || NUMBERED.test(bare);
