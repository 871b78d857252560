import { termOf } from './term';

export interface AnalysedText {
  /** The number of terms, repeats counted, stop words not. */
  readonly length: number;
  /** How often each term occurs. */
  readonly terms: ReadonlyMap<number, number>;
}

/** More than any question has; bounds the work of a text pasted into the search box. */
const MAX_QUERY_TERMS = 256;

const IDEOGRAPH = String.raw`[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]`;
const LETTER = String.raw`(?:(?!${IDEOGRAPH})[\p{L}\p{N}\p{M}])`;
/** Scripts written without spaces give one word a character; elsewhere an apostrophe inside joins (`don't`). */
const WORD = new RegExp(`${IDEOGRAPH}|${LETTER}+(?:'${LETTER}+)*`, 'gu');

/** The terms of a text as they are indexed: NFKC, lower case, no English stop words, English words stemmed. */
export function analyse(text: string): AnalysedText {
  const terms = new Map<number, number>();
  let length = 0;
  for (const term of termsOf(text)) {
    terms.set(term, (terms.get(term) ?? 0) + 1);
    length += 1;
  }
  return { length, terms };
}

/** The distinct terms of a search text in order of appearance; empty when it has none but stop words. */
export function queryTerms(text: string): number[] {
  const terms = new Set<number>();
  for (const term of termsOf(text)) {
    terms.add(term);
    if (terms.size === MAX_QUERY_TERMS) break;
  }
  return [...terms];
}

function* termsOf(text: string): Generator<number> {
  const normalised = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  for (const [word] of normalised.matchAll(WORD)) {
    if (word.includes("'")) {
      yield* termsWithApostrophe(word);
      continue;
    }
    const term = termOf(word);
    if (term !== null) yield term;
  }
}

/** `wing's` is `wing`, `don't` is a stop word, and `l'avion` is two words. */
function* termsWithApostrophe(word: string): Generator<number> {
  if (termOf(word) === null) return;
  for (const part of word.replace(/'s$/, '').split("'")) {
    const term = termOf(part);
    if (term !== null) yield term;
  }
}
