import { types } from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const DATE = 1082;

/** `int8` as a number. Throws where a double can't hold the value: a silently rounded id is worse than an error. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`The 64-bit integer ${text} does not fit a JavaScript number.`);
  return value;
}

type Parser = (text: string) => unknown;

/** `pg` declares its numbers as an enum; they are any type's oid. */
const builtIn = types.getTypeParser as unknown as (oid: number, format?: 'text' | 'binary') => Parser;

const parseInt8Array = (text: string): number[] => (builtIn(TEXT_ARRAY)(text) as string[]).map(parseInt8);

const own = new Map<number, Parser>([
  [INT8, parseInt8],
  [INT8_ARRAY, parseInt8Array],
  [DATE, (text) => text],
]);

/**
 * Parsers for the values of both engines; see `Database`. Passed to our clients only: `pg`'s global parsers stay
 * unchanged.
 */
export const valueTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parser {
    return (format === 'binary' ? undefined : own.get(oid)) ?? builtIn(oid, format);
  },
};
