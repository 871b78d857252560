import { CAPITALS, isNumbered } from './analyse';
import { charactersOf, neighboursOf } from './characters';
import { fold } from './fold';
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
  unmarkedAsMarked: 0.6,
  /** Of a text without a stemmer; an English one may have both this and the stem. */
  unstemmedAsMarked: 0.25,
  marked: 0.6,
  markedOtherStem: 0.25,
  exact: 0.5,
  /** A word with its symbol, found without it. */
  bare: 0.3,
  capitals: 0.4,
  capitalsOfStopWord: 1,
  code: 1,
  pairOfCode: 0.5,
  compound: 0.2,
  character: 0.3,
  wholeWord: 0.3,
  syllables: 0.6,
} as const;

/** Pairs, runs and characters beside the words: so many for each word that a query may have. */
const ALONE_PER_WORD = 4;
/** A word has forms in some twenty languages. Beyond so many terms, words are looked for as English and as they are. */
const MANY_TERMS = 4_096;

interface Word {
  readonly text: string;
  readonly group: number;
  readonly languages: readonly Language[];
}

/** Collects the terms of a query, chunk by chunk. */
export class QueryBuilder {
  private words = 0;
  private groups = 0;
  private previous = '';
  private hasOtherWords = false;
  private readonly seen = new Set<string>();
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
    if (first && chunk.isNext && isNumbered(this.previous, first.text)) {
      this.addAlone(pairKey(this.previous, first.text), WEIGHTS.pairOfCode);
    }
    for (const part of chunk.parts) if (!this.isFull) this.addPart(part);
    if (chunk.joined !== null) this.addJoined(chunk.joined, chunk);
    this.previous = chunk.parts.at(-1)?.text ?? '';
  }

  build(): KeywordQuery {
    const weighed = this.languagesOfStopWords();
    for (const word of this.stemmable) this.addStemmed(word, weighed);
    return { terms: this.terms, frequent: this.frequent };
  }

  private addPart(part: Part): void {
    const key = part.text.toLowerCase();
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.words += 1;
    if (part.kind === 'word') this.addWord(part.text);
    else if (part.kind === 'symbol') this.addSymbol(part);
    else if (part.kind === 'spaceless') this.addRun(part.text);
    else this.addKorean(part.text);
  }

  private addWord(word: string): void {
    const languages = languagesOf(word);
    const { folded } = wordTerms(word, undefined);
    if (CAPITALS.test(word)) {
      const isStop = isStopWord(folded, 'en');
      this.addAlone(capitalsKey(word), isStop ? WEIGHTS.capitalsOfStopWord : WEIGHTS.capitals);
    }
    if (languages.length === 0) this.hasOtherWords = true;
    this.stemmable.push({ text: word, group: this.nextGroup(), languages });
  }

  /** In each language that records may be in: what was typed is too short to tell. */
  private addStemmed({ text, group, languages }: Word, weighed: ReadonlySet<Language>): void {
    const { folded, isMarked } = wordTerms(text, undefined);
    const isFrequentIn = (language: Language): boolean => weighed.has(language) && isStopWord(folded, language);
    const isFrequent = languages.includes('en') && isFrequentIn('en');
    const looked = this.terms.length < MANY_TERMS ? languages : languages.filter((language) => language === 'en');
    for (const language of looked) this.addForms(text, language, group, isFrequentIn(language));
    this.addForms(text, undefined, group, isFrequent);
    if (isMarked && !isFrequent) this.addTerm(exactKey(text), group, WEIGHTS.exact, { isCounted: false });
  }

  private addForms(text: string, language: Language | undefined, group: number, isFrequent: boolean): void {
    const { stems, isMarked } = wordTerms(text, language);
    const mark = language === undefined || language === 'en' ? 0 : hashTerm(languageKey(language));
    const options = { language: mark, isFrequent };
    const asMarked = language === undefined ? WEIGHTS.unstemmedAsMarked : WEIGHTS.unmarkedAsMarked;
    for (const [index, stem] of stems.entries()) {
      const weight = index === 0 ? WEIGHTS.marked : WEIGHTS.markedOtherStem;
      this.addTerm(stem, group, isMarked ? weight : 1, options);
      if (isMarked || !isFrequent) this.addTerm(markedKey(stem), group, isMarked ? weight : asMarked, options);
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
    if (bare.length < 2) return;
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

  private addJoined(joined: string, { parts, isCode }: Chunk): void {
    this.addAlone(joinedKey(joined), isCode ? WEIGHTS.code : WEIGHTS.compound);
    if (!isCode) return;
    for (const [index, part] of parts.slice(0, this.maxWords).entries()) {
      const before = parts[index - 1];
      if (before) this.addAlone(pairKey(before.text, part.text), WEIGHTS.pairOfCode);
    }
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
