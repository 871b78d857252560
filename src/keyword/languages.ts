/**
 * The languages a collection may declare, by ISO 639-1. The position of a language is stored with each text (see
 * `signatureOf`): append, never reorder.
 */
export const TEXT_LANGUAGES = [
  ...['auto', 'ar', 'bg', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'ga', 'hi', 'hu', 'hy', 'id', 'it', 'lt', 'ne'],
  ...['nl', 'no', 'pt', 'ro', 'ru', 'sr', 'sv', 'ta', 'tr', 'uk'],
  ...['af', 'be', 'bn', 'ca', 'cs', 'et', 'eu', 'fa', 'gl', 'gu', 'he', 'hr', 'ja', 'ka', 'kk', 'km', 'kn', 'ko', 'lo'],
  ...['lv', 'mk', 'ml', 'mr', 'ms', 'my', 'pa', 'pl', 'sk', 'sl', 'sq', 'sw', 'te', 'th', 'tl', 'ur', 'vi', 'zh'],
] as const;

export type TextLanguage = (typeof TEXT_LANGUAGES)[number];
/** A language as detected or declared. */
export type Language = Exclude<TextLanguage, 'auto'>;

/** Scripts that several languages with inflection share; words of any other script are not stemmed. */
export type Script = 'Latin' | 'Cyrillic' | 'Arabic' | 'Devanagari' | 'Greek' | 'Armenian' | 'Tamil' | 'other';

/** Without evidence for another one, a text in this script is taken to be in this language. */
export const USUAL_LANGUAGE: Readonly<Partial<Record<Script, Language>>> = {
  Latin: 'en',
  Cyrillic: 'ru',
  Arabic: 'ar',
  Devanagari: 'hi',
  Greek: 'el',
  Armenian: 'hy',
  Tamil: 'ta',
};

const SCRIPTS: readonly (readonly [Script, RegExp])[] = [
  ['Latin', /^\p{sc=Latin}/u],
  ['Cyrillic', /^\p{sc=Cyrillic}/u],
  ['Arabic', /^\p{sc=Arabic}/u],
  ['Devanagari', /^\p{sc=Devanagari}/u],
  ['Greek', /^\p{sc=Greek}/u],
  ['Armenian', /^\p{sc=Armenian}/u],
  ['Tamil', /^\p{sc=Tamil}/u],
];

/** The script of a word's first character. */
export function scriptOf(word: string): Script {
  const code = word.charCodeAt(0);
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) return 'Latin';
  return SCRIPTS.find(([, pattern]) => pattern.test(word))?.[0] ?? 'other';
}

/** The script a language is written in: where its words are told from those of others. */
const WRITTEN_IN: Readonly<Partial<Record<Language, Script>>> = {
  ...{ bg: 'Cyrillic', ru: 'Cyrillic', uk: 'Cyrillic', be: 'Cyrillic', kk: 'Cyrillic', mk: 'Cyrillic' },
  ...{ ar: 'Arabic', fa: 'Arabic', ur: 'Arabic', hi: 'Devanagari', mr: 'Devanagari', ne: 'Devanagari' },
  ...{ el: 'Greek', hy: 'Armenian', ta: 'Tamil' },
};
const NEITHER: ReadonlySet<string> = new Set('bn gu he ja ka km kn ko lo ml my pa te th zh'.split(' '));

/** Whether words of that script can be words of that language. */
export function isWrittenIn(language: Language, script: Script): boolean {
  if (NEITHER.has(language)) return script === 'other';
  return (WRITTEN_IN[language] ?? 'Latin') === script || (language === 'sr' && script === 'Cyrillic');
}
