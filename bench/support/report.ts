import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';

const RESULTS = path.join('build', 'bench-results');

export interface Target {
  readonly compare: '<' | '<=' | '>=';
  readonly value: number;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: Target;
  /** What the figure is held against, measured in the same run. */
  readonly reference?: { readonly name: string; readonly value: number };
}

export const isReached = ({ value, target }: Figure): boolean | undefined => {
  if (target === undefined) return undefined;
  if (target.compare === '>=') return value >= target.value;
  return target.compare === '<' ? value < target.value : value <= target.value;
};

/** Prints the figures beside their targets and keeps them as JSON for `docs/benchmarks.md`. */
export async function report(bench: string, title: string, figures: readonly Figure[]): Promise<void> {
  const table = new Table({
    head: ['', 'measured', 'target', 'compared with', 'ratio'],
    style: { head: [], border: [] },
  });
  for (const figure of figures) table.push(rowOf(figure));
  process.stdout.write(`\n${title}\n${machine()}\n${table.toString()}\n`);
  await mkdir(RESULTS, { recursive: true });
  const content = { bench, title, machine: machine(), measured_at: new Date().toISOString(), figures };
  await writeFile(path.join(RESULTS, `${bench}.json`), `${JSON.stringify(content, null, 2)}\n`);
}

function rowOf(figure: Figure): string[] {
  const { name, value, unit, target, reference } = figure;
  const verdict = { true: ' ✓', false: ' ✗ missed', undefined: '' }[String(isReached(figure))] ?? '';
  return [
    name,
    `${format(value)} ${unit}`,
    target === undefined ? '' : `${target.compare} ${format(target.value)}${verdict}`,
    reference === undefined ? '' : `${reference.name}: ${format(reference.value)} ${unit}`,
    reference === undefined ? '' : `× ${format(value / reference.value)}`,
  ];
}

const format = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

/** The machine by its kind, never by its name. */
export const machine = (): string =>
  `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${os.platform()}`;

/** The end of a benchmark that could not run, or failed. */
export function runBench(bench: () => Promise<void>): void {
  bench().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  });
}
