import { createHash } from 'node:crypto';
import stem from 'wink-porter2-stemmer';

/** The same content whatever its compatibility forms, case and white space. */
export const folded = (text: string): string =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Equal for exact duplicates. */
export const fingerprintOf = (content: string): string => digest(folded(content));

/** Words that a repetition drops or adds without saying anything else. Negations and numbers are none of them. */
const EMPTY_WORDS = new Set(
  `a an the and so well oh also just really very actually basically please note that this remember hey hi ok okay yes
  by way fyi too quite rather simply definitely certainly of course i'm i am is are be do does`.split(/\s+/),
);

const SHORT_FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "i'm": 'i am',
    "it's": 'it is',
    "that's": 'that is',
    "don't": 'do not',
    "doesn't": 'does not',
    "isn't": 'is not',
    "can't": 'can not',
    "won't": 'will not',
    favorite: 'favourite',
    color: 'colour',
  }),
);

/**
 * Equal for near duplicates: the stems of the words that say something, in their order ("Ann likes Bob" is not "Bob likes
 * Ann"), with negations and numbers. `null` when nothing is left to compare.
 */
export function nearFingerprintOf(content: string): string | null {
  const words =
    folded(content)
      .replaceAll('’', "'")
      .match(/[\p{L}\p{N}\p{M}']+/gu) ?? [];
  const spelled = words.flatMap((word) => (SHORT_FORMS.get(word) ?? word).split(' '));
  const telling = spelled.filter((word) => !EMPTY_WORDS.has(word)).map(stemmed);
  return telling.length === 0 ? null : digest(telling.join(' '));
}

/** Longer than any English word; beyond it the stemmer takes time out of all proportion. */
const MAX_STEMMED = 64;

export const stemmed = (word: string): string =>
  word.length <= MAX_STEMMED && /^[a-z]+$/.test(word) ? stem(word) : word;
