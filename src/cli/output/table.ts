import Table from 'cli-table3';
import { plainText } from '../../common/text/plain-text';
import { printable } from './printable';
import type { Palette } from './palette';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => unknown;
  readonly align?: 'left' | 'right';
}

const NO_LINES = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
}; // prettier-ignore

const cell = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-';
  return printable(plainText(value));
};

/** Rows under bold titles, without lines: easy on the eye and still good for `grep` and `awk`. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], palette: Palette): string {
  const table = new Table({
    head: columns.map((column) => palette.bold(column.title.toUpperCase())),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(columns.map((column) => cell(column.value(row))));
  return `${trimLines(table.toString())}\n`;
}

/** `name  value` lines. */
export function renderPairs(pairs: readonly (readonly [string, unknown])[], palette: Palette): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${palette.bold(name.padEnd(width))}  ${cell(value)}\n`).join('');
}

const trimLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
