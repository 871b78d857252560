import type { Cell } from './cell';
import { CELLS } from './cells';
import { runCell } from './run-cell';
import { missing } from './services-file';
import type { RunOptions } from './set-up';
import type { CellVerdict, ChaosVerdict, NotRun } from './verdict';

export interface ChaosOptions extends RunOptions {
  /** By id; every one when empty. */
  readonly cells: readonly string[];
  readonly smoke: boolean;
  readonly long: boolean;
  /** Folder for the histories of red cells. */
  readonly histories: string;
  readonly signal: AbortSignal;
  readonly begin: (cell: Cell) => void;
  readonly end: (verdict: CellVerdict) => void;
}

/** The cells that were asked for, in the order of the matrix. Throws for a name that no cell has. */
export const selectCells = (names: readonly string[], { smoke, long }: { smoke: boolean; long: boolean }): Cell[] => {
  const unknown = names.filter((name) => !CELLS.some(({ id }) => id === name));
  if (unknown.length > 0)
    throw new Error(`There is no cell ${unknown.join(', ')}. There are: ${CELLS.map(({ id }) => id).join(', ')}.`);
  if (names.length > 0) return CELLS.filter(({ id }) => names.includes(id));
  return CELLS.filter((cell) => (smoke ? cell.smoke === true : long || cell.long !== true));
};

/** Runs cells one after another; what cannot be run is named, with what is missing for it. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosVerdict> => {
  const cells: CellVerdict[] = [];
  const notRun: NotRun[] = [];
  for (const cell of selectCells(options.cells, options)) {
    const why = whyNot(cell, options);
    if (why !== undefined) {
      notRun.push({ cell: cell.id, row: cell.row, title: cell.title, why });
      continue;
    }
    options.signal.throwIfAborted();
    options.begin(cell);
    const verdict = await runCell(cell, options);
    cells.push(verdict);
    options.end(verdict);
  }
  return { seed: options.seed, green: cells.every(({ green }) => green), cells, notRun };
};

const whyNot = (cell: Cell, { services }: ChaosOptions): string | undefined => {
  const needs = cell.replicas === 2 ? ([...cell.needs, 'postgres'] as const) : cell.needs;
  const lacking = missing(services, needs);
  return lacking.length === 0 ? undefined : `the services file has no ${lacking.join(', ')}`;
};
