import { createHash } from 'node:crypto';
import stem from 'wink-porter2-stemmer';
import { comparable } from './comparable';

/** The same content whatever its compatibility forms, case and white space. */
export const folded = (text: string): string =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** Equal for contents that say the same: see `comparable`. */
export const fingerprintOf = (content: string): string => digest(comparable(content));

/** The fingerprint of versions that folded the case of every word: rows from then have it. */
export const legacyFingerprintOf = (content: string): string => digest(folded(content));

/** Longer than any English word; beyond it the stemmer takes time out of all proportion. */
const MAX_STEMMED = 64;

export const stemmed = (word: string): string =>
  word.length <= MAX_STEMMED && /^[a-z]+$/.test(word) ? stem(word) : word;
