import { decodeText } from '../decode-text';
import { rowsDocument, type Oddity, type Row, type RowsDocument } from '../document';
import { FreeNames } from '../free-name';
import { readDelimited, type DelimitedRow } from './delimited';
import type { LoadOptions } from './load-options';

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The line with which Excel is told the delimiter; it is no row. */
const SEPARATOR_LINE = /^"?sep=([^"\n])"?[ \t]*(?:\n|$)/i;

export function loadCsv(bytes: Uint8Array, options: LoadOptions = {}): RowsDocument {
  return loadTable(decodeText(bytes, options), delimiterOf);
}

export const loadTsv = (bytes: Uint8Array, options: LoadOptions = {}): RowsDocument =>
  loadTable(decodeText(bytes, options), () => '\t');

function loadTable(text: string, undeclared: (text: string) => string): RowsDocument {
  const declared = SEPARATOR_LINE.exec(text);
  if (declared === null) return rowsOf(text, undeclared(text), 0, 1);
  return rowsOf(text, declared[1] ?? ',', declared[0].length, 2);
}

/** Spreadsheets of half of Europe separate by semicolons: the header tells which it is. */
function delimiterOf(text: string): string {
  const ranks = new Map(DELIMITERS.map((delimiter) => [delimiter, rankOf(text, delimiter)]));
  return DELIMITERS.reduce((best, next) => ((ranks.get(next) ?? 0) > (ranks.get(best) ?? 0) ? next : best));
}

/** More columns are better; those whose quotation marks enclose whole cells are better than any others. */
function rankOf(text: string, delimiter: string): number {
  const header = readDelimited(text, delimiter).next();
  if (header.done === true || header.value.cells.length === 1) return 0;
  const { cells, hasStrayQuote } = header.value;
  return hasStrayQuote ? 1 - 1 / cells.length : cells.length;
}

function rowsOf(text: string, delimiter: string, start: number, firstLine: number): RowsDocument {
  const reader = new TableReader();
  for (const row of readDelimited(text, delimiter, start, firstLine)) reader.take(row);
  return rowsDocument('CSV', reader.rows, reader.oddities);
}

/** Makes records of rows; the first row has the names. */
class TableReader {
  readonly rows: Row[] = [];
  readonly oddities: Oddity[] = [];
  private names: readonly string[] | undefined;

  take(row: DelimitedRow): void {
    if (this.names === undefined) this.names = this.readNames(row);
    else this.takeValues(row, this.names);
  }

  /** A name that occurs twice gets a number, and a column without a name gets its position: no column replaces another. */
  private readNames({ line, cells }: DelimitedRow): string[] {
    const free = new FreeNames();
    // Names as they are written come first: `a,a,a_2` leaves the third column alone.
    const firsts = new Map(cells.map((cell, index) => [cell, index] as const).reverse());
    const reserved = cells.map((cell, index) =>
      cell !== '' && firsts.get(cell) === index ? free.take(cell) : undefined,
    );
    return cells.map((cell, index) => {
      const name = reserved[index] ?? free.take(cell === '' ? `column_${index + 1}` : cell);
      if (cell !== '' && name !== cell)
        this.note(
          line,
          `two columns are named ${JSON.stringify(cell)}; column ${index + 1} is stored as ${JSON.stringify(name)}`,
        );
      return name;
    });
  }

  private takeValues({ line, cells, hasStrayQuote }: DelimitedRow, names: readonly string[]): void {
    const has = `it has ${cells.length} cells, the first row ${names.length}`;
    if (cells.slice(names.length).some((cell) => cell !== ''))
      return this.note(line, `it is left out: ${has}, so values may stand under wrong names`, true);
    const isBlank = cells.every((cell) => cell === '');
    if (cells.length < names.length && !isBlank) this.note(line, `${has}; the missing ones are taken as empty`);
    if (hasStrayQuote)
      this.note(line, 'a quotation mark does not enclose its cell; the cell is stored as it is written');
    this.rows.push(rowOf(names, cells, line));
  }

  private note(line: number, message: string, isLeftOut = false): void {
    this.oddities.push({ line, message, left_out: isLeftOut });
  }
}

function rowOf(names: readonly string[], cells: readonly string[], line: number): Row {
  const given = names.map((name, index) => [name, cells[index] ?? ''] as const).filter(([, value]) => value !== '');
  const own = given.find(([name]) => name.toLowerCase() === 'text');
  return {
    line,
    text: own === undefined ? given.map(([name, value]) => `${name}: ${value}`).join('\n') : own[1],
    metadata: Object.fromEntries(given.filter((field) => field !== own).map(([name, value]) => [name, typed(value)])),
  };
}

/**
 * A number or boolean only when it prints back as it is written: `007`, `0.30`, `12E4` and `+49` are codes as likely as
 * numbers, and a double cannot hold every integer.
 */
function typed(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  const number = Number(value);
  if (!Number.isFinite(number) || String(number) !== value) return value;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : number;
}
