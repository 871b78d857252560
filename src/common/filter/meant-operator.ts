import { nearest } from '../nearest';
import { OPERATORS } from './operators';

/** What joins filters; the names that may stand where a field stands. */
const LOGICAL = ['$and', '$or', '$not'];
/** What may stand below a field. */
const BELOW_FIELD = [...OPERATORS, '$elemMatch', '$not'];

/** What other query languages call our operators, without case, dollar, space and hyphen. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  $eq: ['=', '==', '===', 'equal', 'equals', 'is'],
  $ne: ['!=', '!==', '<>', 'neq', 'notequal', 'notequals', 'isnot'],
  $gt: ['>', 'greater', 'greaterthan', 'above', 'after'],
  $gte: ['>=', '=>', 'ge', 'greaterthanorequal', 'greaterorequal', 'min', 'minimum', 'from', 'since', 'atleast'],
  $lt: ['<', 'less', 'lessthan', 'below', 'before'],
  $lte: ['<=', '=<', 'le', 'lessthanorequal', 'lessorequal', 'max', 'maximum', 'until', 'atmost'],
  $in: ['any', 'anyof', 'oneof', 'matchany'],
  $nin: ['notin', 'none', 'noneof', 'exceptof', 'matchexcept'],
  $exists: ['present', 'has', 'isset', 'notnull', 'isnotnull'],
  $contains: ['all', 'allof', 'hasall', 'includes', 'containsall', 'arraycontains'],
  $text: ['like', 'ilike', 'match', 'matchtext', 'matches', 'search', 'words', 'fulltext'],
  $elemMatch: ['element', 'elementmatch', 'some', 'anyelement', 'nested'],
  $and: ['&&', '&', 'must', 'allof'],
  $or: ['||', '|', 'should', 'anyof'],
  $not: ['!', 'mustnot', 'nor', 'noneof'],
};

/** Longer words are no slips of the operators' names, and need not be compared with them. */
const MAX_LENGTH = 24;

/** The operator that joins filters and was probably meant by `word`: `and`, `$AND`, `&&`, `$adn`. */
export const meantLogical = (word: string): string | undefined => meantOf(word, LOGICAL);

/** The operator on a field that was probably meant by `word`: `gte`, `$GTE`, `>=`, `$greaterThan`, `$gtee`. */
export const meantOperator = (word: string): string | undefined => meantOf(word, BELOW_FIELD);

/** Whether it is the operator's own name, but for the dollar and the case: no word of another language, no slip. */
export const isNamed = (word: string, operator: string): boolean => plain(word) === plain(operator);

function meantOf(word: string, among: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const name = plain(word);
  const same = among.find((operator) => plain(operator) === name || ALIASES[operator]?.includes(name));
  // A word of two letters without a dollar is a field's name rather than a slip.
  if (same !== undefined || (name.length < 3 && !word.startsWith('$'))) return same;
  const close = nearest(name, among.map(plain));
  return close === undefined ? undefined : among.find((operator) => plain(operator) === close);
}

const plain = (word: string): string => word.toLowerCase().replace(/[$_\s-]/g, '');
