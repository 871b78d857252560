import { isObject } from '../../common/filter/values';
import { endOfString } from '../../common/nesting';
import { parseStorableJson } from '../../transports/rest/parse-json';

/** Where an integer may stand that a double cannot hold. In a text it costs a second look, no more. */
const LONG_INTEGER = /(?<=[\s:,[])-?\d{16,22}(?![\d.eE])/g;
/** Begins a string that stands for an integer. A text cannot: one with NUL is refused, as Postgres has no place for it. */
const MARK = '\0';
const MARKED = /"\\u0000(-?\d{1,22})"/g;

const utf8 = new TextDecoder();

/** Parses a body; integers beyond 2^53 are bigints. Throws `malformed` or `invalid`. `undefined` where there is none. */
export const readJson = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return undefined;
  const value = parseStorableJson(bytes);
  const json = utf8.decode(bytes);
  const marked = withMarks(json);
  return marked === json ? value : withBigints(JSON.parse(marked));
};

/** The JSON of a value that may hold bigints. */
export const writeJson = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch {
    // Bigints are rare: only an answer that has one is looked through.
    return JSON.stringify(withoutBigints(value)).replace(MARKED, '$1');
  }
};

const SHOWN = 100;

/** A value as a message quotes it: a text as it is, anything else as JSON, both cut short. */
export const quoted = (value: unknown): string =>
  (typeof value === 'string' ? value : String(writeJson(value))).slice(0, SHOWN);

/** Valid JSON with its long integers as marked strings. What only looks like one, inside a string, stays. */
const withMarks = (json: string): string => {
  const parts: string[] = [];
  let copied = 0;
  const strings = new Strings(json);
  for (const { 0: digits, index } of json.matchAll(LONG_INTEGER)) {
    if (Number.isSafeInteger(Number(digits)) || strings.contain(index)) continue;
    parts.push(json.slice(copied, index), `"\\u0000${digits}"`);
    copied = index + digits.length;
  }
  return parts.join('') + json.slice(copied);
};

/** Where the strings of valid JSON are, in one pass from its start. */
class Strings {
  private end = -1;
  private next: number;

  constructor(private readonly json: string) {
    this.next = json.indexOf('"');
  }

  /** Whether this position is inside a string. Positions have to come in order. */
  contain(position: number): boolean {
    while (this.next !== -1 && this.next < position) {
      this.end = endOfString(this.json, this.next);
      this.next = this.json.indexOf('"', this.end + 1);
    }
    return position < this.end;
  }
}

/** Changes the value in place. */
const withBigints = (value: unknown): unknown => {
  if (typeof value === 'string') return value.startsWith(MARK) ? BigInt(value.slice(1)) : value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      // Vectors are long: skip their numbers quickly.
      if (typeof value[at] !== 'number') value[at] = withBigints(value[at]);
    }
  } else if (isObject(value)) {
    for (const [key, child] of Object.entries(value)) value[key] = withBigints(child);
  }
  return value;
};

/** A copy with marked strings. Vectors are not copied. */
const withoutBigints = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `${MARK}${value}`;
  if (Array.isArray(value)) return value.every(isNumber) ? value : value.map(withoutBigints);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutBigints(child)]));
};

const isNumber = (value: unknown): value is number => typeof value === 'number';
