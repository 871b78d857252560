import { parse } from 'csv-parse/sync';
import { messageOf } from '../../../common/message-of';
import { decodeText } from '../decode-text';
import { BrokenFileError, type Row, type RowsDocument } from '../document';

export const loadCsv = (bytes: Uint8Array): RowsDocument => {
  const text = decodeText(bytes);
  return rowsOf(text, delimiterOf(text));
};

export const loadTsv = (bytes: Uint8Array): RowsDocument => rowsOf(decodeText(bytes), '\t');

/** Spreadsheets of half of Europe separate by semicolons: the header tells which it is. */
function delimiterOf(text: string): string {
  const header = text.slice(0, Math.max(0, text.indexOf('\n')) || text.length);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

function rowsOf(text: string, delimiter: string): RowsDocument {
  try {
    const rows: Record<string, string>[] = parse(text, {
      columns: true,
      delimiter,
      skip_empty_lines: true,
      trim: true,
    });
    return { kind: 'rows', rows: rows.map(rowOf) };
  } catch (error) {
    throw new BrokenFileError(`It is not CSV: ${messageOf(error)}`, error);
  }
}

function rowOf(row: Readonly<Record<string, string>>): Row {
  const given = Object.entries(row).filter(([, value]) => value !== '');
  const own = given.find(([name]) => name.toLowerCase() === 'text');
  return {
    text: own === undefined ? given.map(([name, value]) => `${name}: ${value}`).join('\n') : own[1],
    metadata: Object.fromEntries(given.filter((field) => field !== own).map(([name, value]) => [name, typed(value)])),
  };
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Numbers and booleans as what they are. Leading zeros (post codes) and what a double cannot hold stay text. */
function typed(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  if (!NUMBER.test(value)) return value;
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : value;
}
