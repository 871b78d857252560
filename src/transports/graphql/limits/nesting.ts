import { malformed } from '../../../common/errors';

/** Brackets inside brackets. The parser calls itself for each; values in a query nest as far as a filter does. */
const MAX_NESTING = 256;
const OPENING: ReadonlySet<string> = new Set(['{', '[', '(']);
const CLOSING: ReadonlySet<string> = new Set(['}', ']', ')']);
const BLOCK = '"""';
const ESCAPED_BLOCK = '\\"""';

/** Throws `malformed` for a query that is nested too deep to be parsed, after one pass over its text. */
export const mustBeShallow = (query: string): void => {
  let depth = 0;
  for (let at = 0; at < query.length; at += 1) {
    const character = query.charAt(at);
    if (character === '"' || character === '#') at = endOfText(query, at);
    else if (OPENING.has(character)) depth += 1;
    else if (CLOSING.has(character)) depth -= 1;
    if (depth > MAX_NESTING) throw malformed(`The query has more than ${MAX_NESTING} levels; ask for less at once.`);
  }
};

/** Where the block string, string or comment that begins at `start` has its last character. */
const endOfText = (query: string, start: number): number => {
  if (query.charAt(start) === '#') return endOfLine(query, start);
  return query.startsWith(BLOCK, start) ? endOfBlock(query, start) : endOfString(query, start);
};

const endOfLine = (query: string, start: number): number => {
  let at = start;
  while (at < query.length && !isLineEnd(query.charAt(at))) at += 1;
  return at;
};

const endOfBlock = (query: string, start: number): number => {
  for (let at = start + BLOCK.length; at < query.length; at += 1) {
    if (query.startsWith(ESCAPED_BLOCK, at)) at += ESCAPED_BLOCK.length - 1;
    else if (query.startsWith(BLOCK, at)) return at + BLOCK.length - 1;
  }
  return query.length;
};

/** A string ends with its line at the latest; the parser refuses one that does. */
const endOfString = (query: string, start: number): number => {
  for (let at = start + 1; at < query.length; at += 1) {
    const character = query.charAt(at);
    if (character === '"' || isLineEnd(character)) return at;
    if (character === '\\') at += 1;
  }
  return query.length;
};

const isLineEnd = (character: string): boolean => character === '\n' || character === '\r';
