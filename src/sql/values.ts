import type { ResultColumn } from './sql.repository';

const VECTORS = new Set(['vector', 'halfvec']);
/** A double keeps this many decimal digits of any number; a sign and a point count, too. */
const EXACT_DIGITS = 15;

/**
 * One row of the answer. A `bigint` or `numeric` is a number where a JSON number says it exactly, and its digits as a
 * string otherwise; a vector is an array of numbers.
 */
export function presentRow(line: string, columns: readonly ResultColumn[]): unknown[] {
  const values = JSON.parse(line) as unknown[];
  return values.map((value, index) => present(value, columns[index]?.type ?? ''));
}

function present(value: unknown, type: string): unknown {
  if (Array.isArray(value) && (type === 'bigint[]' || type === 'numeric[]')) {
    return value.map((each) => present(each, Array.isArray(each) ? type : type.slice(0, -2)));
  }
  if (typeof value !== 'string') return value;
  if (type === 'bigint') return wholeNumber(value);
  if (type === 'numeric') return decimal(value);
  return VECTORS.has(type) ? (JSON.parse(value) as unknown) : value;
}

const wholeNumber = (text: string): number | string => (Number.isSafeInteger(Number(text)) ? Number(text) : text);

function decimal(text: string): number | string {
  const value = Number(text);
  return text.length <= EXACT_DIGITS && Number.isFinite(value) ? value : text;
}
