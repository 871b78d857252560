/** Of which kind a value is: a correction means what has a value of the same kind. */
export type ValueSort = 'day' | 'clock' | 'number' | 'name' | 'last name' | `place ${string}` | 'other';

const DAY =
  /\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b|\b(?:tomorrow|tonight|next (?:week|month|year))\b|\b(?:19|20)\d{2}\b/iu;
const MAY = /\bMay\b/u;
const COUNT = 'two|three|four|five|six|seven|eight|nine|ten|eleven|twelve';
const CLOCK = new RegExp(
  `\\b\\d{1,2}(?::\\d{2}\\b|\\s?[ap]\\.?m\\b)|\\b(?:noon|midnight)\\b|\\bat (?:\\d{1,2}(?![\\d:.,%])|one|${COUNT})\\b`,
  'iu',
);
const NUMBER = new RegExp(`\\d|\\b(?:${COUNT})\\b`, 'iu');
const PLACE = /\b(in|at|near|from|to) (?:the )?\p{Lu}\p{L}/gu;
const NAMES = String.raw`\p{Lu}[\p{L}'-]{1,40}(?: \p{Lu}[\p{L}'-]{0,40}){0,2}`;
const NAMED = new RegExp(`(?: is|'s| are| called| named) ${NAMES}$`, 'u');
const LAST_NAME = new RegExp(` ${NAMES}$`, 'u');
const NAME_ONLY = new RegExp(`^${NAMES}$`, 'u');

/** The kinds of all values of a text without its end mark. */
export function sortsOf(text: string): Set<ValueSort> {
  const sorts = new Set<ValueSort>();
  if (CLOCK.test(text)) sorts.add('clock');
  if (DAY.test(text) || MAY.test(text)) sorts.add('day');
  if (NUMBER.test(text)) sorts.add('number');
  for (const [, before] of text.matchAll(PLACE)) sorts.add(`place ${before ?? ''}`);
  if (NAMED.test(text)) sorts.add('name');
  if (LAST_NAME.test(text)) sorts.add('last name');
  return sorts;
}

/** The kind of what a correction puts right: "4412", "it's at nine". */
export function sortOf(text: string): ValueSort {
  if (/^\d+$/u.test(text)) return 'number';
  if (isName(text)) return 'last name';
  const [first] = sortsOf(text);
  return first === undefined || first === 'last name' ? 'other' : first;
}

/** Whether it is a name and nothing else. */
export const isName = (text: string): boolean => NAME_ONLY.test(text) && !DAY.test(text) && !MAY.test(text);
