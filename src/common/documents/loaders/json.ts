import { plainText } from '../../text/plain-text';
import { decodeText } from '../decode-text';
import { rowsDocument, type Oddity, type Row, type RowsDocument } from '../document';
import { looksLikeLines, readLines, readValues, type JsonValue, type JsonValues } from './json-values';
import type { LoadOptions } from './load-options';

/** An array is one record per element, JSON Lines one per line; anything else is one record. */
export function loadJson(bytes: Uint8Array, options: LoadOptions = {}): RowsDocument {
  const text = decodeText(bytes, options);
  const read = readValues(text);
  if (read.faults.length > 0 && looksLikeLines(text)) return documentOf('JSON', betterOf(read, readLines(text)));
  return documentOf('JSON', read);
}

/** One record per line; blank lines are passed over. */
export const loadJsonLines = (bytes: Uint8Array, options: LoadOptions = {}): RowsDocument =>
  documentOf('JSON Lines', readLines(decodeText(bytes, options)));

/** An array with a value on each line has lines too, and of those only the last is without a comma. */
const betterOf = (one: JsonValues, other: JsonValues): JsonValues =>
  other.faults.length < one.faults.length || other.values.length > one.values.length ? other : one;

function documentOf(format: string, { values, faults, renamed }: JsonValues): RowsDocument {
  const oddities: Oddity[] = [
    ...faults.map(({ line, message }) => ({ line, message: `it is left out: ${message}`, left_out: true })),
    ...renamed.map(({ line, name, kept }) => ({
      line,
      message: `${JSON.stringify(name)} occurs twice; the later value is stored as ${JSON.stringify(kept)}`,
      left_out: false,
    })),
  ];
  return rowsDocument(
    format,
    values.map(rowOf),
    oddities.sort((a, b) => a.line - b.line),
  );
}

/** A `text` field is the text; without one the text is all that can be read in the object. */
function rowOf({ value, line }: JsonValue): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { line, text: typeof value === 'string' ? value : JSON.stringify(value), metadata: {} };
  const { text, ...metadata } = value as Record<string, unknown>;
  if (typeof text === 'string') return { line, text, metadata };
  const object = value as Record<string, unknown>;
  return { line, text: readable(object).join('\n'), metadata: object };
}

/** `name: value` lines of everything that is not empty, nested names joined by dots. */
function readable(value: Readonly<Record<string, unknown>>, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, field]) => {
    if (field === null || field === '') return [];
    if (Array.isArray(field)) return field.flatMap((element: unknown) => readable({ [name]: element }, prefix));
    if (typeof field === 'object') return readable(field as Record<string, unknown>, `${prefix}${name}.`);
    return [`${prefix}${name}: ${plainText(field)}`];
  });
}
