import stem from 'wink-porter2-stemmer';
import { STOP_WORDS } from './stop-words';

/** The posting that every document with text has, carrying its length. No word hashes to it. */
export const DOCUMENT_TERM = 0;

/** Longer words are cut: they are noise (base64, paths), and cutting bounds the stemmer's work. */
const MAX_WORD_CODE_POINTS = 64;

/** Words repeat: most texts are answered from here. Emptied when full, which bounds it to a few megabytes. */
const MAX_REMEMBERED_WORDS = 50_000;
const remembered = new Map<string, number | null>();

/** The 32-bit signed term of a normalised word, or `null` for a stop word. */
export function termOf(word: string): number | null {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const term = STOP_WORDS.has(word) ? null : hashTerm(stemmed(cut(word)));
  if (remembered.size >= MAX_REMEMBERED_WORDS) remembered.clear();
  // A short word only: a slice of a large text would keep the whole text alive.
  if (word.length <= MAX_WORD_CODE_POINTS) remembered.set(word, term);
  return term;
}

function cut(word: string): string {
  return word.length <= MAX_WORD_CODE_POINTS ? word : Array.from(word).slice(0, MAX_WORD_CODE_POINTS).join('');
}

/** The stemmer knows English only, and numbers have no stem. */
function stemmed(word: string): string {
  return /^[a-z]+$/.test(word) ? stem(word) : word;
}

/** FNV-1a over UTF-16 units, finished with murmur3's mixer (FNV alone spreads short words badly). Never 0. */
export function hashTerm(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i += 1) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash = (hash ^ (hash >>> 16)) | 0;
  return hash === DOCUMENT_TERM ? 1 : hash;
}
