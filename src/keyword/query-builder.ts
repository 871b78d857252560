import { CAPITALS } from './analyse';
import { charactersOf, neighboursOf } from './characters';
import { fold } from './fold';
import { compactOf, isFoundBare, isNumbered, pairedText, pairsOf, unversioned } from './joined';
import { scriptOf, type Language } from './languages';
import { stemmedIn } from './stemmers';
import { isContraction, isStopWord } from './stop-words';
import {
  capitalsKey,
  exactKey,
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
import type { KeywordQuery, QueryTerm } from './query-terms';
import type { Chunk, Part } from './tokens';

/** How much of a word's weight each form of it has. */
const WEIGHTS = {
  /** A word without accents, found in another form; a word with accents, without them or with others. */
  unmarkedAsMarked: 0.5,
  /** Of a text without a stemmer; an English one may have both this and the stem. */
  unstemmedAsMarked: 0.25,
  marked: 0.6,
  markedOtherStem: 0.25,
  exact: 0.5,
  /** A word with its symbol, found without it. */
  bare: 0.3,
  capitals: 0.4,
  capitalsOfStopWord: 1,
  /** More than its parts together: they are in longer texts, too, and in another order. */
  code: 2,
  partOfCode: 0.4,
  pairOfCode: 0.5,
  /** `v1.2`, found as `1.2`. */
  unversioned: 0.4,
  withoutSeparators: 0.5,
  compoundWithoutSeparators: 0.2,
  compound: 0.2,
  character: 0.3,
  wholeWord: 0.3,
  syllables: 0.6,
} as const;

/** Pairs, runs and characters beside the words: so many for each word that a query may have. */
const ALONE_PER_WORD = 4;
/** A word has forms in some twenty languages. Beyond so many terms, it has those of English only. */
const MANY_TERMS = 4_096;

interface Word {
  readonly text: string;
  readonly group: number;
  readonly languages: readonly Language[];
  /** How much it weighs: 1, or less where it stands for a part of something. */
  readonly share: number;
}

/** Collects the terms of a query, chunk by chunk. */
export class QueryBuilder {
  private words = 0;
  private groups = 0;
  private previous = '';
  private hasOtherWords = false;
  private readonly seen = new Set<string>();
  private readonly compact = new Map<string, Word>();
  private readonly alone = new Map<string, number>();
  private readonly stemmable: Word[] = [];
  private readonly weights = new Map<string, number>();
  private readonly terms: QueryTerm[] = [];
  private readonly frequent: QueryTerm[] = [];

  constructor(private readonly maxWords: number) {}

  get isFull(): boolean {
    return this.words >= this.maxWords;
  }

  add(chunk: Chunk): void {
    const [first] = chunk.parts;
    const next = first ? pairedText(first) : '';
    if (chunk.isNext && isNumbered(this.previous, next)) {
      this.addAlone(pairKey(this.previous, next), WEIGHTS.pairOfCode);
    }
    for (const part of chunk.parts) if (!this.isFull) this.addPart(part, chunk.isCode ? WEIGHTS.partOfCode : 1);
    if (chunk.joined !== null) this.addJoined(chunk.joined, chunk);
    const last = chunk.parts.at(-1);
    this.previous = last ? pairedText(last) : '';
  }

  build(): KeywordQuery {
    const weighed = this.languagesOfStopWords();
    for (const word of [...this.stemmable, ...this.compact.values()]) this.addStemmed(word, weighed);
    return { terms: this.terms, frequent: this.frequent };
  }

  private addPart(part: Part, share: number): void {
    const key = part.text.toLowerCase();
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.words += 1;
    if (part.kind === 'word') this.addWord(part.text, share);
    else if (part.kind === 'symbol') this.addSymbol(part);
    else if (part.kind === 'spaceless') this.addRun(part.text);
    else this.addKorean(part.text);
  }

  private addWord(word: string, share: number): void {
    const languages = languagesOf(word);
    const { folded } = wordTerms(word, undefined);
    if (CAPITALS.test(word)) {
      const isStop = isStopWord(folded, 'en');
      this.addAlone(capitalsKey(word), isStop ? WEIGHTS.capitalsOfStopWord : WEIGHTS.capitals);
    }
    if (languages.length === 0) this.hasOtherWords = true;
    this.stemmable.push({ text: word, group: this.nextGroup(), languages, share });
  }

  /** In each language that records may be in: what was typed is too short to tell. */
  private addStemmed(word: Word, weighed: ReadonlySet<Language>): void {
    const { text, group, languages, share } = word;
    const { folded, isMarked } = wordTerms(text, undefined);
    const isFrequentIn = (language: Language): boolean => weighed.has(language) && isStopWord(folded, language);
    const isFrequent = languages.includes('en') && isFrequentIn('en');
    const chosen = this.terms.length < MANY_TERMS ? languages : languages.filter((language) => language === 'en');
    for (const language of chosen) this.addForms(word, language, isFrequentIn(language));
    this.addForms(word, undefined, isFrequent);
    if (isMarked && !isFrequent) this.addTerm(exactKey(text), group, WEIGHTS.exact * share, { isCounted: false });
  }

  private addForms({ text, group, share }: Word, language: Language | undefined, isFrequent: boolean): void {
    const { stems, isMarked } = wordTerms(text, language);
    const mark = language === undefined || language === 'en' ? 0 : hashTerm(languageKey(language));
    const options = { language: mark, isFrequent };
    const asMarked = language === undefined ? WEIGHTS.unstemmedAsMarked : WEIGHTS.unmarkedAsMarked;
    for (const [index, stem] of stems.entries()) {
      const weight = index === 0 ? WEIGHTS.marked : WEIGHTS.markedOtherStem;
      this.addTerm(stem, group, share * (isMarked ? weight : 1), options);
      if (isMarked || !isFrequent)
        this.addTerm(markedKey(stem), group, share * (isMarked ? weight : asMarked), options);
    }
  }

  /**
   * Languages whose stop words weigh little in this query. Not where it has no other words: then they are the topic
   * (`The Who`). And one alone does not tell that the query is in that language: `Ada` is an Indonesian stop word.
   */
  private languagesOfStopWords(): ReadonlySet<Language> {
    const counts = new Map<Language, number>();
    for (const { text, languages } of this.stemmable) {
      const { folded } = wordTerms(text, undefined);
      const stopped = languages.filter((language) => isStopWord(folded, language));
      for (const language of stopped) counts.set(language, (counts.get(language) ?? 0) + 1);
    }
    const all = this.hasOtherWords ? Infinity : this.stemmable.length;
    const weighed = [...counts].filter(([language, count]) => count < all && (language === 'en' || count > 1));
    return new Set(weighed.map(([language]) => language));
  }

  private addSymbol({ text, bare = '' }: Part): void {
    this.hasOtherWords = true;
    const group = this.nextGroup();
    this.addTerm(symbolKey(text), group, 1);
    if (!isFoundBare(bare)) return;
    for (const language of [...languagesOf(bare), undefined]) this.addBare(bare, language, group);
  }

  private addBare(bare: string, language: Language | undefined, group: number): void {
    const mark = language === undefined || language === 'en' ? 0 : hashTerm(languageKey(language));
    for (const stem of wordTerms(bare, language).stems) {
      for (const key of [stem, markedKey(stem)]) {
        this.addTerm(key, group, WEIGHTS.bare, { language: mark, isCounted: false });
      }
    }
  }

  private addRun(run: string): void {
    this.hasOtherWords = true;
    const characters = charactersOf(run).slice(0, this.maxWords - this.words + 1);
    this.words += Math.max(characters.length - 1, 0);
    const isIdeographic = /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]/u.test(run);
    for (const pair of neighboursOf(characters)) this.addAlone(pair, 1);
    if (characters.length > 1 && !isIdeographic) return;
    for (const character of characters) this.addAlone(character, characters.length === 1 ? 1 : WEIGHTS.character);
  }

  /** A noun is found with the particle that follows it; of one syllable, at the beginning of a word only. */
  private addKorean(word: string): void {
    this.hasOtherWords = true;
    const syllables = charactersOf(word).slice(0, this.maxWords);
    const pairs = neighboursOf(syllables);
    const [group, isShort] = [this.nextGroup(), syllables.length <= 2];
    this.addTerm(fold(word), group, WEIGHTS.wholeWord, { isCounted: !isShort });
    if (syllables.length === 1) this.addTerm(firstSyllableKey(word), group, 1);
    for (const pair of pairs) {
      if (isShort) this.addTerm(syllablesKey(pair), group, 1);
      else this.addAlone(syllablesKey(pair), WEIGHTS.syllables);
    }
  }

  private addJoined(joined: string, chunk: Chunk): void {
    const weight = chunk.isCode ? WEIGHTS.code : WEIGHTS.compound;
    this.addAlone(joinedKey(joined), weight);
    const number = unversioned(joined);
    if (number !== null) this.addAlone(joinedKey(number), weight * WEIGHTS.unversioned);
    this.addCompact(chunk);
    if (!chunk.isCode) return;
    for (const pair of pairsOf(chunk.parts.slice(0, this.maxWords))) this.addAlone(pair, WEIGHTS.pairOfCode);
  }

  /** A stop word that comes of it (`I-T`) is another word. */
  private addCompact(chunk: Chunk): void {
    const text = compactOf(chunk);
    if (text === null || this.compact.size >= this.maxWords || isStopWord(fold(text), 'en')) return;
    if (this.compact.has(text)) return;
    this.compact.set(text, {
      text,
      group: this.nextGroup(),
      languages: languagesOf(text),
      share: chunk.isCode ? WEIGHTS.withoutSeparators : WEIGHTS.compoundWithoutSeparators,
    });
  }

  /** Once each, however often the text repeats it. */
  private addAlone(key: string, weight: number): void {
    const before = this.alone.get(key);
    if (before === undefined && this.alone.size >= this.maxWords * ALONE_PER_WORD) return;
    if ((before ?? 0) >= weight) return;
    this.alone.set(key, weight);
    this.addTerm(key, this.nextGroup(), weight);
  }

  private addTerm(
    key: string,
    group: number,
    weight: number,
    { language = 0, isCounted = true, isFrequent = false } = {},
  ): void {
    const term = hashTerm(key);
    // An English stem may be the word itself: as one term it is counted once.
    const form = `${group} ${term} ${isFrequent}`;
    if ((this.weights.get(form) ?? 0) >= weight) return;
    this.weights.set(form, weight);
    (isFrequent ? this.frequent : this.terms).push({ term, group, weight, language, isCounted });
  }

  private nextGroup(): number {
    this.groups += 1;
    return this.groups;
  }
}

/** Those that may have a stem of the word. */
function languagesOf(word: string): readonly Language[] {
  if (isContraction(word.toLowerCase())) return ['en'];
  return /^[\p{L}\p{M}]+$/u.test(word) ? stemmedIn(scriptOf(word)) : [];
}
