import { isStopWord } from '../../keyword/stop-words';
import { folded, stemmed } from './fingerprint';

/** Said of anything: they tell how things change and when, not which thing it is. */
const COMMON = new Set(
  `any anymore longer still yet already actually really just also even never always usually often sometimes currently
  presently nowadays lately recently today yesterday tomorrow days week weeks month months year years time day morning
  evening last next new old former now since instead rather again back away place turn part kind sort thing things
  whom whose much many like get gets got go goes going went come comes came take takes took make makes made put puts
  give gives gave keep keeps kept become becomes became use uses used using do does did done have has had be been is
  are was were change changes changed switch switched switches stop stopped stops quit quits end ends ended begin begins
  began start started starts move moved moves moving replace replaced replaces swap swapped swaps trade traded cancel
  cancelled canceled cancels call called calls drop dropped drops leave left leaves find finds found know tell say said
  says correction sorry wrong mistake user please will would shall should may might must can could let one ones
  happen happens happened happening plan plans planned via per within around i'm i've it's that's don't doesn't didn't
  what's who's where's isn't aren't wasn't no not none without anybody somebody everything something`.split(/\s+/),
);

const WORD = /[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*/gu;
const IDEOGRAPHS = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u;
/** Needs no folding. */
const PLAIN = /^[ -~]*$/;
/** More than any statement has; what lies beyond them is not compared. */
const MAX_WORDS = 400;

/** Lower-case words without a genitive; ideographs one by one. */
export const plainWords = (text: string): string[] =>
  ((PLAIN.test(text) ? text.toLowerCase() : folded(text)).match(WORD) ?? [])
    .slice(0, MAX_WORDS)
    .flatMap((word) => (IDEOGRAPHS.test(word) ? [...word] : [word.replaceAll('’', "'").replace(/'s$/, '')]));

/** The same words come again and again, and the stemmer is slow. */
const stems = new Map<string, string>();
const MAX_STEMS = 20_000;

export function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  if (stems.size >= MAX_STEMS) stems.clear();
  const stem = stemmed(word);
  stems.set(word, stem);
  return stem;
}

/** Whether a word says which thing is meant. */
export const isTopical = (word: string): boolean => !isStopWord(word, 'en') && !COMMON.has(word);

/** The stems of the words that say what a text is about. */
export const topicOf = (text: string): Set<string> => new Set(plainWords(text).filter(isTopical).map(stemOf));
