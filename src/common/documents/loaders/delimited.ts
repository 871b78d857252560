/** A row of a delimited file. */
export interface DelimitedRow {
  /** From 1; a row with line breaks in quotation marks is at its first line. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Whether a cell starts with a quotation mark that does not enclose it; such a cell is kept as it is written. */
  readonly hasStrayQuote: boolean;
}

interface Cell {
  readonly value: string;
  /** After the cell: at the delimiter, the line break or the end. */
  readonly end: number;
  readonly hasStrayQuote: boolean;
}

const QUOTE = '"';

/**
 * The rows of a text whose lines end with `\n`, blank lines left out. A cell is quoted when its closing quotation mark
 * ends it; otherwise the marks are characters like others, so that one of them never swallows the rows that follow.
 * A parser that refuses such a cell, or reads on to the next mark, loses rows.
 */
export function* readDelimited(text: string, delimiter: string, start = 0, firstLine = 1): Generator<DelimitedRow> {
  let line = firstLine;
  for (let at = start; at < text.length;) {
    const [row, end] = readRow(text, at, delimiter, line);
    if (row.cells.length > 1 || row.cells[0] !== '') yield row;
    line += countLines(text, at, end);
    at = end + 1;
  }
}

function readRow(text: string, start: number, delimiter: string, line: number): [DelimitedRow, number] {
  const cells: string[] = [];
  let hasStrayQuote = false;
  for (let at = start; ; at += 1) {
    const cell = readCell(text, at, delimiter);
    cells.push(cell.value);
    hasStrayQuote ||= cell.hasStrayQuote;
    at = cell.end;
    if (text[at] !== delimiter) return [{ line, cells, hasStrayQuote }, at];
  }
}

function readCell(text: string, start: number, delimiter: string): Cell {
  const first = skipSpaces(text, start, delimiter);
  const isQuoted = text[first] === QUOTE;
  if (isQuoted) {
    const closing = closingQuote(text, first);
    const end = closing === -1 ? -1 : skipSpaces(text, closing + 1, delimiter);
    if (end !== -1 && endsCell(text, end, delimiter)) {
      const value = text.slice(first + 1, closing).replaceAll('""', QUOTE);
      if (!spansRows(value, delimiter)) return { value, end, hasStrayQuote: false };
    }
  }
  let end = first;
  while (!endsCell(text, end, delimiter)) end += 1;
  return { value: text.slice(first, end).trim(), end, hasStrayQuote: isQuoted };
}

/**
 * Many programs write tabs between cells and quote none: two marks of their texts may then enclose the rows between them.
 * A cell that really has a line break, of a spreadsheet, has hardly ever a tab as well.
 */
const spansRows = (value: string, delimiter: string): boolean =>
  delimiter === '\t' && value.includes('\n') && value.includes('\t');

/** Two marks are one character of the cell. Each mark is looked at a bounded number of times, whatever they enclose. */
function closingQuote(text: string, opening: number): number {
  let at = text.indexOf(QUOTE, opening + 1);
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at;
}

const endsCell = (text: string, at: number, delimiter: string): boolean =>
  at >= text.length || text[at] === delimiter || text[at] === '\n';

function skipSpaces(text: string, start: number, delimiter: string): number {
  let at = start;
  while ((text[at] === ' ' || text[at] === '\t') && text[at] !== delimiter) at += 1;
  return at;
}

function countLines(text: string, start: number, end: number): number {
  let lines = 1;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}
