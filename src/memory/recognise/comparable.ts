/** Marks that stand around words in prose and are no part of them. */
const SURROUNDING_PUNCTUATION = new Set('"\'“”‘’«»()[]{}.,;:!?…¿¡*~'.split(''));

/** Letters alone, or joined as in `don't` and `well-known`. */
const WORD = /^[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*$/u;
/** `getUser` and `HTTPServer` are names of code; `TEA` is only loud. */
const CAMEL = /\p{Ll}\p{Lu}|\p{Lu}{2}\p{Ll}/u;
/** `x` and `X` are two variables; "a" and "I" are words. */
const VARIABLE = /^[b-hj-z]$/iu;
/** "5PM" and "3RD" are read as "5pm" and "3rd". */
const CLOCK_OR_ORDINAL = /^(?:\d{1,2}(?::\d{2})?)?(?:am|pm)$|^\d+(?:st|nd|rd|th)$/iu;
const NUMBER = /^[\p{Sc}+-]?\d[\d.,]*$/u;
/** Longer than the units whose case decides what they measure (`Mb` and `MB`). */
const MAX_UNIT = 3;
const OPERATOR = /^[\p{S}\p{P}]+$/u;
const OPERATES = /[\p{Sm}=<>+*/%&|^-]/u;

/** A number raised is another number: compatibility forms would make `10²` and `102` equal. */
const RAISED = /[⁰¹²³⁴-⁹⁺⁻₀-₉₊₋]/gu;
const RAISED_MARK = '\uE000';

const CODE_SPAN = /(`[^`]*`)/u;

/**
 * The content as duplicates are compared: compatibility forms, white space and the case of ordinary words are folded. Signs,
 * currencies, operators, emoji, punctuation and the case of what looks like code count.
 */
export const comparable = (content: string): string =>
  content
    .split(CODE_SPAN)
    .map((part, index) => (index % 2 === 1 ? compatible(part) : prose(part)))
    .join('')
    .replace(/\s+/gu, ' ')
    .trim();

/** Cut at white space, which stays: whether a word touches a code span counts. */
function prose(text: string): string {
  const tokens = text.split(/(\s+)/u);
  return tokens
    .map((token, index) => (isCode(token, tokens[index - 2], tokens[index + 2]) ? compatible(token) : lowered(token)))
    .join('');
}

const compatible = (text: string): string => text.replace(RAISED, (sign) => RAISED_MARK + sign).normalize('NFKC');

const lowered = (text: string): string => compatible(compatible(text).toLowerCase());

function isCode(token: string, before = '', after = ''): boolean {
  const core = withoutMarks(compatible(token));
  if (CLOCK_OR_ORDINAL.test(core)) return false;
  if (!WORD.test(core)) return core !== '';
  const isOperand = operates(before) || operates(after);
  const isUnit = core.length <= MAX_UNIT && NUMBER.test(before);
  return isOperand || isUnit || CAMEL.test(core) || VARIABLE.test(core);
}

const operates = (token: string): boolean => OPERATOR.test(token) && OPERATES.test(token);

function withoutMarks(token: string): string {
  let from = 0;
  let to = token.length;
  while (from < to && SURROUNDING_PUNCTUATION.has(token[from] ?? '')) from += 1;
  while (to > from && SURROUNDING_PUNCTUATION.has(token[to - 1] ?? '')) to -= 1;
  return token.slice(from, to);
}
