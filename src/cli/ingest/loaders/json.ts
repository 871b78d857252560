import { messageOf } from '../../../common/message-of';
import { plainText } from '../../output/printable';
import { decodeText } from '../decode-text';
import { BrokenFileError, type Row, type RowsDocument } from '../document';

/** An array is one record per element; anything else is one record. */
export function loadJson(bytes: Uint8Array): RowsDocument {
  const value = parse(decodeText(bytes), 'It is not JSON');
  return { kind: 'rows', rows: (Array.isArray(value) ? value : [value]).map(rowOf) };
}

/** One record per line; empty lines are passed over. */
export function loadJsonLines(bytes: Uint8Array): RowsDocument {
  const rows: Row[] = [];
  decodeText(bytes)
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() !== '') rows.push(rowOf(parse(line, `Line ${index + 1} is not JSON`)));
    });
  return { kind: 'rows', rows };
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BrokenFileError(`${what}: ${messageOf(error)}`, error);
  }
}

/** A `text` field is the text; without one the text is all that can be read in the object. */
function rowOf(value: unknown): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { text: typeof value === 'string' ? value : JSON.stringify(value), metadata: {} };
  const { text, ...metadata } = value as Record<string, unknown>;
  if (typeof text === 'string') return { text, metadata };
  return { text: readable(value as Record<string, unknown>).join('\n'), metadata: value as Record<string, unknown> };
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
