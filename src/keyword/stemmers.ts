import { stemmer as arabic } from '@orama/stemmers/arabic';
import { stemmer as armenian } from '@orama/stemmers/armenian';
import { stemmer as danish } from '@orama/stemmers/danish';
import { stemmer as dutch } from '@orama/stemmers/dutch';
import { stemmer as finnish } from '@orama/stemmers/finnish';
import { stemmer as french } from '@orama/stemmers/french';
import { stemmer as german } from '@orama/stemmers/german';
import { stemmer as greek } from '@orama/stemmers/greek';
import { stemmer as hungarian } from '@orama/stemmers/hungarian';
import { stemmer as hindi } from '@orama/stemmers/indian';
import { stemmer as indonesian } from '@orama/stemmers/indonesian';
import { stemmer as irish } from '@orama/stemmers/irish';
import { stemmer as italian } from '@orama/stemmers/italian';
import { stemmer as lithuanian } from '@orama/stemmers/lithuanian';
import { stemmer as nepali } from '@orama/stemmers/nepali';
import { stemmer as norwegian } from '@orama/stemmers/norwegian';
import { stemmer as portuguese } from '@orama/stemmers/portuguese';
import { stemmer as romanian } from '@orama/stemmers/romanian';
import { stemmer as russian } from '@orama/stemmers/russian';
import { stemmer as serbian } from '@orama/stemmers/serbian';
import { stemmer as spanish } from '@orama/stemmers/spanish';
import { stemmer as swedish } from '@orama/stemmers/swedish';
import { stemmer as tamil } from '@orama/stemmers/tamil';
import { stemmer as turkish } from '@orama/stemmers/turkish';
import { stemmer as ukrainian } from '@orama/stemmers/ukrainian';
import english from 'wink-porter2-stemmer';
import { isWrittenIn, type Language, type Script } from './languages';

type Stemmer = (word: string) => string;

/** The article and what is written together with it (`al-`, `wal-`, `bil-`, `lil-`), where three letters remain. */
const ARABIC_ARTICLE = /^[وف]?(?:[بك]?ال|لل)(?=.{3})/u;

/** Snowball's stemmers and those beside them; the one for Bulgarian throws at some words. Words of other languages are matched as they are. */
const STEMMERS: Readonly<Partial<Record<Language, Stemmer>>> = {
  ar: (word) => arabic(word.replace(ARABIC_ARTICLE, '')),
  ...{ hy: armenian, da: danish, nl: dutch, fi: finnish, fr: french, de: german, el: greek },
  ...{ hu: hungarian, hi: hindi, id: indonesian, ga: irish, it: italian, lt: lithuanian, ne: nepali, no: norwegian },
  ...{ pt: portuguese, ro: romanian, ru: russian, sr: serbian, es: spanish, sv: swedish, ta: tamil, tr: turkish },
  ...{ uk: ukrainian, en: english },
};

export const STEMMED_LANGUAGES = Object.keys(STEMMERS) as readonly Language[];

/** English stems share the terms of words without a stemmer, as they did when there were no others. */
export const hasOwnTerms = (language: Language | undefined): language is Language =>
  language !== undefined && language !== 'en' && isStemmed(language);

export const isStemmed = (language: Language): boolean => STEMMERS[language] !== undefined;

/** The stemmed languages whose words are written in that script. */
export function stemmedIn(script: Script): readonly Language[] {
  const known = byScript.get(script) ?? STEMMED_LANGUAGES.filter((language) => isWrittenIn(language, script));
  byScript.set(script, known);
  return known;
}

const byScript = new Map<Script, readonly Language[]>();

/** The stem of a lower-case word; the word itself where the language has no stemmer. */
export const stemOf = (word: string, language: Language): string => STEMMERS[language]?.(word) ?? word;
