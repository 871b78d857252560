/** Soft hyphens, joiners, direction marks and whatever else a reader can't see. */
const INVISIBLE = /\p{DI}/gu;
const APOSTROPHES = /[\u2018\u2019\u02BC]/g;

const ASCII = /^[\x00-\x7F]*$/;

/** Superscripts, fractions, numbers in circles, signs made of letters. */
const COMPATIBLE =
  /[\u2122\u2120\u2116\u00B2\u00B3\u00B9\u2070-\u207B\u00BC-\u00BE\u2150-\u215E\u2189\u2460-\u24FF\u2776-\u2793]/;
const SUPERSCRIPT = String.raw`[\u00B2\u00B3\u00B9\u2070\u2074-\u207B]`;
/**
 * What NFKC would join to the word or number before it. A note's number (`study¹`) is a separate word, but that of a unit or
 * a symbol of one or two letters (`m²`, `cm³`) belongs to it; after a digit it is a power.
 */
const SEPARATED: readonly (readonly [RegExp, string])[] = [
  [/[\u2122\u2120]/g, ' '],
  [/\u2116/g, 'No '],
  [/[\u2460-\u24FF\u2776-\u2793]/g, ' $& '],
  [/(?<=[\p{L}\p{N}])(?=[\u00BC-\u00BE\u2150-\u215E\u2189])/gu, ' '],
  [new RegExp(String.raw`(?<=\p{L}{3})(?=${SUPERSCRIPT})`, 'gu'), ' '],
  [new RegExp(String.raw`(?<=\p{Nd})(?=${SUPERSCRIPT})`, 'gu'), '^'],
];
const FRACTION_SLASH = /\u2044/g;

/**
 * A text as it is read: compatible characters are one (NFKC), invisible ones gone, apostrophes straight, digits those of
 * ASCII.
 */
export function readable(text: string): string {
  if (ASCII.test(text)) return text;
  return separated(text.replace(INVISIBLE, ''))
    .normalize('NFKC')
    .replace(FRACTION_SLASH, '/')
    .replace(APOSTROPHES, "'")
    .replace(DIGIT, digit);
}

const separated = (text: string): string =>
  COMPATIBLE.test(text)
    ? SEPARATED.reduce((changed, [pattern, replacement]) => changed.replace(pattern, replacement), text)
    : text;

/**
 * Accents of Latin, Greek and Cyrillic; vowel and reading marks of Hebrew and Arabic; the hamza, alone or on a carrier; the
 * tatweel; the dot below of Devanagari. Vowel signs of other scripts are letters and stay.
 */
const MARKS = new RegExp(
  [
    String.raw`\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\uFE20-\uFE2F`,
    String.raw`\u0483-\u0487`,
    String.raw`\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7`,
    String.raw`\u0610-\u061A\u0621\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED\u08D3-\u08FF`,
    String.raw`\u093C`,
  ]
    .map((ranges) => `[${ranges}]`)
    .join('|'),
  'gu',
);
/** Separate letters, not accented ones. */
const OWN_LETTERS = /[йїў]/g;
const KEPT: Readonly<Record<string, string>> = { й: '\uE000', ї: '\uE001', ў: '\uE002' };
const RESTORED: Readonly<Record<string, string>> = { '\uE000': 'й', '\uE001': 'ї', '\uE002': 'ў' };

/** What Unicode does not decompose, and letters that stand for one another in print. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ ø: 'o', đ: 'd', ð: 'd', ł: 'l', ħ: 'h', ŧ: 't', æ: 'ae', œ: 'oe', þ: 'th', ı: 'i', ς: 'σ' },
  ...{ ى: 'ي', ة: 'ه', ی: 'ي', ک: 'ك', ٱ: 'ا', ە: 'ه', ہ: 'ه', '\u0901': '\u0902' },
};
const ONE_LETTER = new RegExp(Object.keys(LETTERS).join('|'), 'gu');

/** The first digit of each script's ten. */
const ZEROS = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0,
];
const DIGIT = /(?![0-9])\p{Nd}/gu;

/**
 * A word as it is matched: case folded, accents and vowel marks removed. Of a word after `readable`.
 */
export function fold(word: string): string {
  if (/^[a-z0-9]*$/.test(word)) return word;
  const cased = word.toUpperCase().toLowerCase();
  const stripped = cased
    .replace(OWN_LETTERS, (letter) => KEPT[letter] ?? letter)
    .normalize('NFD')
    .replace(MARKS, '')
    .normalize('NFC')
    .replace(/[\uE000-\uE002]/g, (letter) => RESTORED[letter] ?? letter);
  return stripped.replace(ONE_LETTER, (letter) => LETTERS[letter] ?? letter);
}

function digit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  return zero === undefined ? character : String(code - zero);
}
