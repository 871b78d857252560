import * as lists from 'stopword';
import { fold } from './fold';
import type { Language } from './languages';

/** English words without a topic, contractions included. */
const ENGLISH =
  `a about above after again against all also am an and any are as at be because been before being below between both
  but by can cannot could did do does doing down during each few for from further had has have having he her here hers
  herself him himself his how i if in into is it its itself just me more most my myself no nor not now of off on once
  only or other our ours ourselves out over own same shall she should so some such than that the their theirs them
  themselves then there these they this those through to too under until up upon us very was we were what when where
  which while who whom why will with would you your yours yourself yourselves
  aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he'd he'll how's i'd i'll i'm i've isn't let's
  mustn't she'd she'll shouldn't they'd they'll they're they've wasn't we'd we'll we're we've weren't won't wouldn't
  you'd you'll you're you've`
    .split(/\s+/)
    .filter(Boolean);

const CONTRACTIONS = new Set(ENGLISH.filter((word) => word.includes("'")));

/** The lists of other languages. */
const LISTS: Readonly<Partial<Record<Language, readonly string[]>>> = {
  ...{ ar: lists.ara, bg: lists.bul, da: lists.dan, de: lists.deu, el: lists.ell, es: lists.spa, fi: lists.fin },
  ...{ fr: lists.fra, ga: lists.gle, hi: lists.hin, hu: lists.hun, hy: lists.hye, id: lists.ind, it: lists.ita },
  ...{ lt: lists.lit, nl: lists.nld, no: lists.nob, pt: lists.por, ro: lists.ron },
  ...{ ru: lists.rus, sv: lists.swe, tr: lists.tur, uk: lists.ukr, af: lists.afr, ca: lists.cat, cs: lists.ces },
  ...{ et: lists.est, eu: lists.eus, fa: lists.fas, gl: lists.glg, he: lists.heb, hr: lists.hrv, lv: lists.lav },
  ...{ mr: lists.mar, pl: lists.pol, sk: lists.slk, sl: lists.slv, sw: lists.swa, tl: lists.tgl, ur: lists.urd },
  vi: lists.vie,
};

export const LISTED_LANGUAGES: readonly Language[] = ['en', ...(Object.keys(LISTS) as Language[])];

const LONG_LIST = 200;
const SHORT_WORD = 5;

const folded = new Map<Language, ReadonlySet<string>>();

/** Lower-case words without a topic, as the language writes them. */
export const stopWordsOf = (language: Language): readonly string[] =>
  language === 'en' ? ENGLISH : (LISTS[language] ?? []);

/** Whether a folded word has no topic in that language: it is indexed like any other, but weighs little in a query. */
export function isStopWord(word: string, language: Language): boolean {
  let words = folded.get(language);
  if (!words) {
    words = new Set((language === 'en' ? ENGLISH : frequentOf(stopWordsOf(language))).map(fold));
    folded.set(language, words);
  }
  return words.has(word);
}

/** Long lists have adverbs and nouns that people do search for: of those, the short words. */
const frequentOf = (words: readonly string[]): readonly string[] =>
  words.length <= LONG_LIST ? words : words.filter((word) => word.length <= SHORT_WORD);

/** `don't` and its like are one word. */
export const isContraction = (word: string): boolean => CONTRACTIONS.has(word);
