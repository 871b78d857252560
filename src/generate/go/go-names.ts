const INITIALISMS: ReadonlySet<string> = new Set([
  'id',
  'url',
  'uid',
  'sha256',
  'json',
  'sql',
  'ssl',
  'tls',
  'ttl',
  'ms',
]);
/** Words that a parameter may not be called. */
const KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'range',
  'func',
  'map',
  'select',
  'default',
  'case',
  'ctx',
  'body',
]);

/** `user_id` and `next-step` become `UserID` and `NextStep`; words of camel case stay whole: `NextStep`. */
export const goName = (name: string): string => {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const text = words.map(capital).join('');
  return /^[A-Z]/.test(text) ? text : `N${text}`;
};

export const goParameter = (name: string): string => {
  const text = goName(name);
  const isInitialism = INITIALISMS.has(text.toLowerCase());
  const lower = isInitialism ? text.toLowerCase() : `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
  return KEYWORDS.has(lower) ? `${lower}_` : lower;
};

const capital = (word: string): string =>
  INITIALISMS.has(word) ? word.toUpperCase() : `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/** A comment of one line, however many lines the text has. */
export const goComment = (text: string | undefined, indent = ''): string =>
  text === undefined ? '' : `${indent}// ${oneLine(text)}\n`;

const oneLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
