/**
 * A second reading of the filter language, straight from its small print, over the JSON of the request: no parser, no
 * tree, and nothing shared with `src`. Slow and naive on purpose; it takes valid filters only.
 */
export interface OracleDocument {
  readonly id: string;
  readonly text?: string | null;
  readonly metadata: unknown;
  readonly version: number;
  readonly created_at: string | Date;
  readonly updated_at: string | Date;
}

type Json = Record<string, unknown>;
/** The present values of a path; an own date-time is a `Moment`. */
type Values = readonly unknown[];

interface Moment {
  readonly moment: bigint;
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const isMoment = (value: unknown): value is Moment => isMap(value) && typeof value['moment'] === 'bigint';

/** Whether the document is selected. */
export function selects(filter: unknown, document: OracleDocument): boolean {
  return satisfies(filter as Json, (path) => valuesOf(path, document));
}

function satisfies(filter: Json, read: (path: string) => Values): boolean {
  for (const [key, operand] of Object.entries(filter)) {
    if (key === '$and') {
      for (const each of operand as Json[]) if (!satisfies(each, read)) return false;
    } else if (key === '$or') {
      let isAny = false;
      for (const each of operand as Json[]) if (satisfies(each, read)) isAny = true;
      if (!isAny) return false;
    } else if (key === '$not') {
      if (satisfies(operand as Json, read)) return false;
    } else if (!fieldSatisfies(operand, read(key))) {
      return false;
    }
  }
  return true;
}

const fieldSatisfies = (condition: unknown, values: Values): boolean =>
  isMap(condition) ? obeysAll(condition, values) : equalsAny(condition, values);

const obeysAll = (operators: Json, values: Values): boolean =>
  Object.entries(operators).every(([operator, operand]) => obeys(operator, operand, values));

function obeys(operator: string, operand: unknown, values: Values): boolean {
  switch (operator) {
    case '$eq':
      return equalsAny(operand, values);
    case '$ne':
      return !equalsAny(operand, values);
    case '$in':
      return (operand as unknown[]).some((wanted) => equalsAny(wanted, values));
    case '$nin':
      return (operand as unknown[]).every((wanted) => !equalsAny(wanted, values));
    case '$exists':
      return operand === values.length > 0;
    case '$contains':
      return (Array.isArray(operand) ? operand : [operand]).every((wanted) => equalsAny(wanted, values));
    case '$text':
      return hasAllWords(String(operand), values);
    case '$not':
      return !obeysAll(operand as Json, values);
    case '$elemMatch':
      return values.some((value) => elementObeys(operand as Json, value));
    default:
      return values.some((value) => isOrdered(operator, value, operand));
  }
}

/** `null` asks for absence. */
const equalsAny = (wanted: unknown, values: Values): boolean =>
  wanted === null ? values.length === 0 : values.some((value) => isEqual(value, wanted));

function isEqual(value: unknown, wanted: unknown): boolean {
  if (isMoment(value)) return typeof wanted === 'string' && value.moment === momentOf(wanted);
  // `===` of numbers takes -0 for 0, as JSON's numbers are.
  return typeof value !== 'object' && value === wanted;
}

/** Operators ask the element itself; a filter asks the fields of an element that is an object. */
function elementObeys(test: Json, element: unknown): boolean {
  if (speaksOfValue(test)) return obeysAll(test, [element]);
  return isMap(element) && !isMoment(element) && satisfies(test, (path) => walk([element], stepsOf(path)));
}

const LOGICAL = ['$and', '$or', '$not'];

function speaksOfValue(test: Json): boolean {
  const keys = Object.keys(test);
  if (keys.some((key) => key.startsWith('$') && !LOGICAL.includes(key))) return true;
  return keys.length === 1 && keys[0] === '$not' && isMap(test['$not']) && speaksOfValue(test['$not']);
}

function isOrdered(operator: string, value: unknown, bound: unknown): boolean {
  const [left, right] = [orderOf(value), orderOf(bound)];
  if (left === undefined || right === undefined || typeof left !== typeof right) return false;
  if (left === right) return operator === '$gte' || operator === '$lte';
  return left < right ? operator === '$lt' || operator === '$lte' : operator === '$gt' || operator === '$gte';
}

function orderOf(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return value;
  if (isMoment(value)) return value.moment;
  return typeof value === 'string' ? momentOf(value) : undefined;
}

function valuesOf(path: string, document: OracleDocument): Values {
  switch (path) {
    case '@id':
      return [document.id];
    case '@text':
      return typeof document.text === 'string' ? [document.text] : [];
    case '@version':
      return [document.version];
    case '@created_at':
      return own(document.created_at);
    case '@updated_at':
      return own(document.updated_at);
    default:
      return walk([document.metadata], stepsOf(path));
  }
}

function own(time: string | Date): Values {
  const moment = momentOf(typeof time === 'string' ? time : time.toISOString());
  return moment === undefined ? [] : [{ moment }];
}

/** Splits at dots that no backslash escapes: once with a sign in place of each escape, then back. */
const stepsOf = (path: string): string[] =>
  path
    .replaceAll('\\\\', '\u0001')
    .replaceAll('\\.', '\u0002')
    .split('.')
    .map((step) => step.replaceAll('\u0002', '.').replaceAll('\u0001', '\\'));

function walk(from: Values, steps: readonly string[]): Values {
  let here = elementsOf(from);
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of here) {
      const inside = isMap(value) ? new Map(Object.entries(value)).get(step) : undefined;
      next.push(inside);
    }
    here = elementsOf(next);
  }
  return here;
}

/** Arrays are replaced by their elements until there is none; `null` and what is missing are no values. */
function elementsOf(values: Values): Values {
  const found: unknown[] = [];
  const open: unknown[] = [...values].reverse();
  while (open.length > 0) {
    const value = open.pop();
    if (Array.isArray(value)) open.push(...[...(value as unknown[])].reverse());
    else if (value !== null && value !== undefined) found.push(value);
  }
  return found;
}

function hasAllWords(query: string, values: Values): boolean {
  const present = values.flatMap((value) => (typeof value === 'string' ? wordsIn(value) : []));
  return wordsIn(query).every((word) => present.includes(word));
}

/** Character by character. */
function wordsIn(text: string): string[] {
  const words: string[] = [];
  let word = '';
  for (const character of [...text.normalize('NFKC').toLowerCase(), ' ']) {
    const isAlone = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]$/u.test(character);
    if (!isAlone && /^[\p{L}\p{N}\p{M}]$/u.test(character)) {
      word += character;
      continue;
    }
    if (word !== '') words.push(word);
    word = '';
    if (isAlone) words.push(character);
  }
  return words;
}

/** Microseconds since 1970 by the platform's own calendar; it rolls over what is no date, which tells it. */
function momentOf(text: string): bigint | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text.toUpperCase());
  if (!parts) return undefined;
  const [, date = '', time = '', digits = '', zone = ''] = parts;
  const base = new Date(`${date}T${time}Z`);
  if (Number.isNaN(base.getTime()) || !base.toISOString().startsWith(`${date}T${time}`)) return undefined;
  const [hours = 0, minutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59) return undefined;
  const shift = (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  return BigInt(base.getTime() - shift) * 1_000n + BigInt(digits.slice(0, 6).padEnd(6, '0'));
}
