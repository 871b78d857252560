import { parse, stringify } from 'lossless-json';
import { parseStorableJson } from '../../transports/rest/parse-json';

/** Where an integer may stand that a double cannot hold. In a text it costs a second look, no more. */
const LONG_INTEGER = /[\s:,[]-?\d{16,22}(?![\d.eE])/;
const INTEGER = /^-?\d{1,22}$/;

/** Parses a body; integers beyond 2^53 are bigints. Throws `malformed` or `invalid`. `undefined` where there is none. */
export const readJson = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return undefined;
  const value = parseStorableJson(bytes);
  const text = bytes.toString('utf8');
  return LONG_INTEGER.test(text) ? parse(text, null, { parseNumber, onDuplicateKey: lastOne }) : value;
};

/** The JSON of a value that may hold bigints. */
export const writeJson = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch {
    // Bigints are rare: only an answer that has one is written the slow way.
    return stringify(value) ?? 'null';
  }
};

const SHOWN = 100;

/** A value as a message quotes it: a text as it is, anything else as JSON, both cut short. */
export const quoted = (value: unknown): string =>
  (typeof value === 'string' ? value : String(writeJson(value))).slice(0, SHOWN);

const parseNumber = (text: string): number | bigint => {
  const value = Number(text);
  return Number.isSafeInteger(value) || !INTEGER.test(text) ? value : BigInt(text);
};

/** As `JSON.parse` does. */
const lastOne = ({ newValue }: { newValue: unknown }): unknown => newValue;
