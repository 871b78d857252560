import { flatCopy } from './flat-copy';
import { fold } from './fold';
import type { Language } from './languages';
import { isStemmed, stemOf } from './stemmers';

/** The posting that every document with text has, carrying its length. No word hashes to it. */
export const DOCUMENT_TERM = 0;

/** Longer words are cut: they are noise (base64, paths), and cutting bounds the stemmer's work. */
const MAX_WORD_CODE_POINTS = 64;
const MAX_JOINED_CODE_POINTS = 256;

/** Words repeat: most texts are answered from here. Emptied when full, which bounds it to a few megabytes each. */
const MAX_REMEMBERED_WORDS = 20_000;

const DASHES = /[\u2010\u2013\u2014\u2212]/g;

/** What a word is found by: of a word without accents one term. */
export interface WordTerms {
  /** The folded word. */
  readonly folded: string;
  /** It is written with accents, vowel marks or other forms that folding removes. */
  readonly isMarked: boolean;
  /** The stem of the word as written, folded; and the stem of the folded word, where that is another one. */
  readonly stems: readonly string[];
  /** What a document with the word has. */
  readonly indexed: readonly number[];
}

const remembered = new Map<Language | undefined, Map<string, WordTerms>>();

/** Of a word after `readable`; `language` is `undefined` where the word is not to be stemmed. */
export function wordTerms(word: string, language: Language | undefined): WordTerms {
  const words = rememberedIn(language);
  const known = words.get(word);
  if (known) return known;
  if (word.length > MAX_WORD_CODE_POINTS) return computed(cut(word, MAX_WORD_CODE_POINTS), language);
  const kept = flatCopy(word);
  const terms = computed(kept, language);
  if (words.size >= MAX_REMEMBERED_WORDS) words.clear();
  words.set(kept, terms);
  return terms;
}

function rememberedIn(language: Language | undefined): Map<string, WordTerms> {
  const known = remembered.get(language);
  if (known) return known;
  const words = new Map<string, WordTerms>();
  remembered.set(language, words);
  return words;
}

function computed(word: string, language: Language | undefined): WordTerms {
  const written = word.toLowerCase();
  const folded = fold(written);
  const isMarked = folded !== written;
  const stems = stemsOf(written, folded, language);
  const indexed = isMarked ? [...stems.map(markedKey), written] : stems;
  return { folded, isMarked, stems, indexed: indexed.map(hashTerm) };
}

function stemsOf(written: string, folded: string, language: Language | undefined): string[] {
  if (language === undefined || !isStemmed(language) || !/^[\p{L}\p{M}]+$/u.test(folded)) return [folded];
  const stems = [fold(stemOf(written, language)), fold(stemOf(folded, language))];
  return [...new Set(stems)].map((stem) => tagged(stem, language));
}

/** English stems, numbers and words without a stemmer share one space; the stems of each other language have their own. */
const tagged = (stem: string, language: Language): string => (language === 'en' ? stem : `${language} ${stem}`);

/** The term of an accented word: it is found by a word without the accents, after those that have none. */
export const markedKey = (stem: string): string => `~${stem}`;
/** The word as it is written, accents included. */
export const exactKey = (word: string): string => cut(word, MAX_WORD_CODE_POINTS).toLowerCase();
/** `WHO` is not `who`. */
export const capitalsKey = (word: string): string => `^${word}`;
/** A dash between two parts is a hyphen. */
export const joinedKey = (joined: string): string =>
  fold(cut(joined, MAX_JOINED_CODE_POINTS).toLowerCase()).replace(DASHES, '-');
/** Two words, one right after the other. */
export const pairKey = (first: string, second: string): string => `${fold(first)}  ${fold(second)}`;
export const symbolKey = (symbol: string): string => fold(symbol.toLowerCase());
/** A language that a record's words were stemmed in. */
export const languageKey = (language: Language): string => `@language ${language}`;
/** Two syllables of Korean inside a word. */
export const syllablesKey = (syllables: string): string => `+${syllables}`;
export const firstSyllableKey = (syllable: string): string => `^${syllable}`;

function cut(word: string, maxCodePoints: number): string {
  return word.length <= maxCodePoints ? word : Array.from(word).slice(0, maxCodePoints).join('');
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
