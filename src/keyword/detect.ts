import { flatCopy } from './flat-copy';
import { isWrittenIn, USUAL_LANGUAGE, type Language, type Script, type TextLanguage } from './languages';
import { isStemmed } from './stemmers';
import { LISTED_LANGUAGES, stopWordsOf } from './stop-words';

/** So much of a text tells its language. */
const SAMPLE_CHARACTERS = 600;
/** `AB-123` is no word of any language. */
const WORD = /(?<![\p{L}\p{M}\p{N}'@#/_.-])[\p{L}\p{M}']+(?![\p{L}\p{M}\p{N}@/_-])/gu;

/** Letters that few languages write. */
const LETTERS: readonly (readonly [letters: string, languages: readonly Language[]])[] = [
  ['ß', ['de']],
  ['ä', ['de', 'fi', 'sv', 'et', 'sk']],
  ['ö', ['de', 'fi', 'sv', 'tr', 'hu', 'et']],
  ['ü', ['de', 'tr', 'hu', 'es', 'et']],
  ['å', ['sv', 'da', 'no']],
  ['æø', ['da', 'no']],
  ['ñ¿¡', ['es']],
  ['ãõ', ['pt']],
  ['ç', ['fr', 'pt', 'tr', 'ca']],
  ['áíóú', ['es', 'hu', 'cs', 'pt', 'sk']],
  ['êëœ', ['fr']],
  ['èàù', ['fr', 'it', 'ca']],
  ['ğşı', ['tr']],
  ['őű', ['hu']],
  ['ășțţ', ['ro']],
  ['łżźćśńąę', ['pl']],
  ['ěřůť', ['cs']],
  ['ėųįū', ['lt']],
  ['ơưăđạảấầẩẫậắằẳẵặẹẻẽếềểễệ', ['vi']],
  ['іїєґ', ['uk']],
  ['ыэё', ['ru']],
  ['پچژگ', ['fa', 'ur']],
  ['ٹڈڑںے', ['ur']],
];
/** Less than a word of the list: a name or a loan may carry the letter. */
const LETTER_WEIGHT = 0.4;

type Weights = ReadonlyMap<string, readonly (readonly [Language, number])[]>;

/** A word that several languages share says little for each of them. */
function weightsOf(entries: readonly (readonly [string, Language])[], weight: number): Weights {
  const weights = new Map<string, Language[]>();
  for (const [word, language] of entries) weights.set(word, [...(weights.get(word) ?? []), language]);
  return new Map(
    [...weights].map(([word, all]) => [word, all.map((language) => [language, weight / all.length] as const)]),
  );
}

let known: { readonly words: Weights; readonly letters: Weights } | undefined;

function profile(): NonNullable<typeof known> {
  known ??= {
    words: weightsOf(
      LISTED_LANGUAGES.flatMap((language) =>
        [...new Set(stopWordsOf(language))].map((word) => [word, language] as const),
      ),
      1,
    ),
    letters: weightsOf(
      LETTERS.flatMap(([letters, languages]) =>
        [...letters].flatMap((letter) => languages.map((language) => [letter, language] as const)),
      ),
      LETTER_WEIGHT,
    ),
  };
  return known;
}

/** The language of a text's words in each script. */
export type LanguageOfScript = (script: Script) => Language | undefined;

/** The declared language for the words of its own script, and what the words without a topic tell for the others. */
export function languagesOf(text: string, declared: TextLanguage): LanguageOfScript {
  let scores: Scores | undefined;
  const found = new Map<Script, Language | undefined>();
  return (script) => {
    if (script === 'other') return undefined;
    if (declared !== 'auto' && isWrittenIn(declared, script)) return declared;
    if (!found.has(script)) {
      scores ??= scoresOf(text.slice(0, SAMPLE_CHARACTERS));
      found.set(script, bestIn(script, scores));
    }
    return found.get(script);
  };
}

interface Score {
  /** The sum of what each word tells. */
  readonly total: number;
  /** Different words that tell something. */
  readonly words: number;
}

type Scores = ReadonlyMap<Language, Score>;

function scoresOf(sample: string): Scores {
  const scores = new Map<Language, Score>();
  for (const [word, times] of timesOf(sample)) {
    for (const { language, total, words } of evidenceOf(word)) {
      const before = scores.get(language) ?? { total: 0, words: 0 };
      scores.set(language, { total: before.total + total * times, words: before.words + words });
    }
  }
  return scores;
}

function timesOf(sample: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { 0: written, index } of sample.matchAll(WORD)) {
    // The initial of a name.
    if (written.length === 1 && sample[index + 1] === '.') continue;
    const word = written.toLowerCase();
    times.set(word, (times.get(word) ?? 0) + 1);
  }
  return times;
}

type Evidence = readonly (Score & { readonly language: Language })[];

/** Words repeat. Emptied when full; a long word is not kept. */
const MAX_REMEMBERED_WORDS = 20_000;
const MAX_REMEMBERED_LENGTH = 64;
const remembered = new Map<string, Evidence>();

function evidenceOf(word: string): Evidence {
  const known = remembered.get(word);
  if (known) return known;
  const found = foundIn(word);
  if (remembered.size >= MAX_REMEMBERED_WORDS) remembered.clear();
  if (word.length <= MAX_REMEMBERED_LENGTH) remembered.set(flatCopy(word), found);
  return found;
}

/** A word with so much in its spelling (`myöhässä`) tells as much as two. */
const UNMISTAKABLE = 0.5;

function foundIn(word: string): Evidence {
  const { words, letters } = profile();
  const special = /^[a-z]+$/.test(word) ? [] : [...word].flatMap((letter) => letters.get(letter) ?? []);
  const endings = endingsOf(word).map((language) => [language, LETTER_WEIGHT] as const);
  const spelled = summed([...special, ...endings]);
  return [...summed([...(words.get(word) ?? []), ...spelled])].map(([language, total]) => ({
    language,
    total,
    words: (spelled.get(language) ?? 0) < UNMISTAKABLE ? 1 : 2,
  }));
}

function summed(weights: Iterable<readonly [Language, number]>): ReadonlyMap<Language, number> {
  const sums = new Map<Language, number>();
  for (const [language, weight] of weights) sums.set(language, (sums.get(language) ?? 0) + weight);
  return sums;
}

/** Endings that say more than the letters in them; none that English words have. */
const ENDINGS: readonly (readonly [Language, RegExp])[] = [
  ['fi', /(?:ssa|ssä|stä|llä|..[aeiouy]vat|vät|ään|uuden)$/],
  ['tr', /(?:[iıuü]yor|ları|leri|lık|lik|ndan|nden)$/],
  ['hu', /(?:nak|nek|ság|ség|ból|ből|ról|ről)$/],
  ['sv', /(?:arna|orna)$/],
];

/**
 * It takes two words to tell, or so much evidence: a title may have a name that is a word elsewhere. For a language without
 * a stemmer, the evidence: it would cost the text its stems.
 */
const ENOUGH = 1.1;
/** So much more than the usual language has: a letter in a name is less. */
const LEAD = 0.1;

const ANY_ENDING = new RegExp(ENDINGS.map(([, ending]) => ending.source).join('|'));

const endingsOf = (word: string): readonly Language[] =>
  ANY_ENDING.test(word) ? ENDINGS.flatMap(([language, ending]) => (ending.test(word) ? [language] : [])) : [];

/** The usual language of the script unless another one has more evidence. */
function bestIn(script: Script, scores: Scores): Language | undefined {
  const usual = USUAL_LANGUAGE[script];
  let best = usual;
  let toExceed = usual === undefined ? 0 : (scores.get(usual)?.total ?? 0) + LEAD;
  for (const [language, score] of scores) {
    if (language === usual || !isEnough(language, score)) continue;
    if (score.total > toExceed && isWrittenIn(language, script)) [best, toExceed] = [language, score.total];
  }
  return best;
}

const isEnough = (language: Language, { total, words }: Score): boolean =>
  (isStemmed(language) && words >= 2) || total >= ENOUGH;
