import { charactersOf, neighboursOf } from './characters';
import { languagesOf, type LanguageOfScript } from './detect';
import { fold, readable } from './fold';
import { compactOf, isFoundBare, isNumbered, pairedText, pairsOf, unversioned } from './joined';
import { scriptOf, TEXT_LANGUAGES, type Language, type Script, type TextLanguage } from './languages';
import { hasOwnTerms } from './stemmers';
import {
  capitalsKey,
  firstSyllableKey,
  hashTerm,
  joinedKey,
  languageKey,
  markedKey,
  pairKey,
  syllablesKey,
  symbolKey,
  wordTerms,
} from './term';
import { chunksOf, type Chunk, type Part } from './tokens';

/** Raise it when a text has other terms than before: collections are then reindexed in the background. */
export const ANALYSER_VERSION = 2;

/** What the postings of a text were made with, in a `smallint`. Version 1 left a 1. */
export const signatureOf = (language: TextLanguage): number =>
  ANALYSER_VERSION * 100 + TEXT_LANGUAGES.indexOf(language);

export interface AnalysedText {
  /** The number of words, repeats counted. */
  readonly length: number;
  /** How often each term occurs. */
  readonly terms: ReadonlyMap<number, number>;
}

/** An abbreviation. */
export const CAPITALS = /^\p{Lu}{2,5}$/u;

/**
 * The terms of a text as they are indexed. Words are folded and stemmed in the language of their script; accents,
 * capitals, symbols and neighbours that tell two words apart have separate terms. See decision 25.
 */
export function analyse(text: string, language: TextLanguage = 'auto'): AnalysedText {
  const readableText = readable(text);
  const analysis = new Analysis(languagesOf(readableText, language));
  for (const chunk of chunksOf(readableText)) analysis.add(chunk);
  return analysis;
}

class Analysis implements AnalysedText {
  length = 0;
  readonly terms = new Map<number, number>();
  private previous = '';
  private readonly languages = new Map<Script, Language | undefined>();

  constructor(private readonly languageOf: LanguageOfScript) {}

  add(chunk: Chunk): void {
    const [first] = chunk.parts;
    const next = first ? pairedText(first) : '';
    if (chunk.isNext && isNumbered(this.previous, next)) this.count(pairKey(this.previous, next));
    for (const part of chunk.parts) this.addPart(part);
    if (chunk.joined !== null) this.addJoined(chunk.joined, chunk);
    const last = chunk.parts.at(-1);
    this.previous = last ? pairedText(last) : '';
  }

  private addPart(part: Part): void {
    if (part.kind === 'word') this.addWord(part.text);
    else if (part.kind === 'symbol') this.addSymbol(part);
    else if (part.kind === 'spaceless') this.addRun(part.text);
    else this.addKorean(part.text);
  }

  private addWord(word: string): void {
    this.length += 1;
    this.addForms(word);
    if (CAPITALS.test(word)) this.count(capitalsKey(word));
  }

  private addForms(word: string): void {
    for (const term of wordTerms(word, this.languageIn(scriptOf(word))).indexed) this.increment(term);
  }

  /** `C++` is not `C`; `Google+` is found by `Google`, too, and `$5` by `5`. */
  private addSymbol({ text, bare = '' }: Part): void {
    this.length += 1;
    this.count(symbolKey(text));
    if (!isFoundBare(bare)) return;
    for (const stem of wordTerms(bare, this.languageIn(scriptOf(bare))).stems) this.count(markedKey(stem));
  }

  private addRun(run: string): void {
    const characters = charactersOf(run);
    this.length += characters.length;
    for (const character of characters) this.count(character);
    for (const pair of neighboursOf(characters)) this.count(pair);
  }

  private addKorean(word: string): void {
    this.length += 1;
    const syllables = charactersOf(word);
    this.count(fold(word));
    this.count(firstSyllableKey(syllables[0] ?? ''));
    for (const pair of neighboursOf(syllables)) this.count(syllablesKey(pair));
  }

  private addJoined(joined: string, chunk: Chunk): void {
    this.count(joinedKey(joined));
    const number = unversioned(joined);
    if (number !== null) this.count(joinedKey(number));
    const compact = compactOf(chunk);
    if (compact !== null) this.addForms(compact);
    if (chunk.isCode) for (const pair of pairsOf(chunk.parts)) this.count(pair);
  }

  private count(key: string): void {
    this.increment(hashTerm(key));
  }

  private increment(term: number): void {
    this.terms.set(term, (this.terms.get(term) ?? 0) + 1);
  }

  /** The record is marked with each language whose stems are kept apart. */
  private languageIn(script: Script): Language | undefined {
    if (this.languages.has(script)) return this.languages.get(script);
    const language = this.languageOf(script);
    this.languages.set(script, language);
    if (hasOwnTerms(language)) this.terms.set(hashTerm(languageKey(language)), 1);
    return language;
  }
}
