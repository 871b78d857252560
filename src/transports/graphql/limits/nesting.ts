import { malformed } from '../../../common/errors';

/** Brackets inside brackets. The parser calls itself for each; values in a query nest as far as a filter does. */
const MAX_NESTING = 256;
/** What brackets don't count in: block strings, strings, comments. */
const TOKENS = /"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n\r])*"|#[^\n\r]*|[{[(]|[}\])]/g;

/** Throws `malformed` for a query that is nested too deep to be parsed, after one pass over its text. */
export const mustBeShallow = (query: string): void => {
  let depth = 0;
  for (const [token] of query.matchAll(TOKENS)) {
    if (token === '{' || token === '[' || token === '(') depth += 1;
    else if (token === '}' || token === ']' || token === ')') depth -= 1;
    if (depth > MAX_NESTING) throw malformed(`The query has more than ${MAX_NESTING} levels; ask for less at once.`);
  }
};
