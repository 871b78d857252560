import { createHash } from 'node:crypto';
import { isObject } from './values';

// Each Han, Hiragana or Katakana character counts as a word, because these scripts do not separate words.
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{N}\p{M}])+/gu;

/** The words of a text, in order, repeats included: runs of letters, digits and marks after NFKC and lower-casing. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
}

// No word contains it, so the last one in an entry always ends the prefix.
const SEPARATOR = '\u001f';
/** Longer ones are replaced by a digest: index entries must stay small for any document. */
const MAX_LENGTH = 48;

/** The first 64 bits of the SHA-256 of a string in hex; `stringDigestSql` computes the same. */
function digest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 16);
}

function suffix(word: string): string {
  return SEPARATOR + (word.length <= MAX_LENGTH ? word : `#${digest(word)}`);
}

function pathPrefix(keys: readonly string[], short: string, long: string): string {
  const path = keys.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.');
  return path.length <= MAX_LENGTH ? short + path : long + digest(path);
}

/** The entry of a word in the record's text. */
export const textEntry = (word: string): string => `@${suffix(word)}`;

/** The entry of a word in the only string at a path with no array on it. */
export const directEntry = (keys: readonly string[], word: string): string => pathPrefix(keys, '.', ':') + suffix(word);

/** The entry of a word in one of the strings at a path that leads through an array. */
export const arrayEntry = (keys: readonly string[], word: string): string => pathPrefix(keys, '[', '{') + suffix(word);

/** The entry of a word in this very string, wherever it stands below an array. */
export const stringEntry = (text: string, word: string): string => digest(text) + suffix(word);

/** SQL for the start of `stringEntry`, up to and including the text that precedes the word. */
export const stringDigestSql = (text: string): string => `left(encode(sha256(convert_to(${text}, 'UTF8')), 'hex'), 16)`;
export const wordSuffix = (word: string): string => suffix(word);

/**
 * The content of a record's column `words`, which turns `$text` into array containment on every engine: for each string
 * of the metadata its words under its path (arrays count as no step). Strings below an array also get their words under
 * the string's digest: `$elemMatch` looks up the strings of one element by it. Distinct, in code unit order.
 */
export function indexedWords(metadata: unknown, text: string | null | undefined): string[] {
  const entries = new Set<string>();
  for (const word of wordsOf(text ?? '')) entries.add(textEntry(word));
  collect(metadata, [], false, entries);
  return [...entries].sort();
}

function collect(value: unknown, keys: readonly string[], inArray: boolean, entries: Set<string>): void {
  if (typeof value === 'string') {
    collectString(value, keys, inArray, entries);
  } else if (Array.isArray(value)) {
    for (const element of value) collect(element, keys, true, entries);
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) collect(value[key], [...keys, key], inArray, entries);
  }
}

function collectString(text: string, keys: readonly string[], inArray: boolean, entries: Set<string>): void {
  const prefix = inArray ? pathPrefix(keys, '[', '{') : pathPrefix(keys, '.', ':');
  const own = inArray ? digest(text) : undefined;
  for (const word of wordsOf(text)) {
    entries.add(prefix + suffix(word));
    if (own !== undefined) entries.add(own + suffix(word));
  }
}
