import type { CellVerdict, ChaosVerdict } from './verdict';

const MS = (value: number | undefined): string => (value === undefined ? '–' : `${value}`);
const SECONDS = (value: number | undefined): string => (value === undefined ? '–' : (value / 1000).toFixed(1));

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The verdict of one cell, as lines for people. */
export const describeCell = (verdict: CellVerdict): string => {
  const { searchP99Ms: p99 } = verdict;
  const failed = Object.entries(verdict.failed).map(([kind, count]) => `${count} × ${kind}`);
  const facts = [
    `${verdict.requests} requests, ${sumOf(verdict.failed)} failed (${verdict.unexcused} without excuse), longest ${verdict.longestMs} ms`,
    `search p99: ${MS(p99.warm)} ms before, ${MS(p99.fault)} during, ${MS(p99.recovery)} in recovery, ${MS(p99.after)} after`,
    `out of rotation after ${SECONDS(verdict.detectMs)} s, back after ${SECONDS(verdict.recoverMs)} s, ${MS(verdict.flips)} changes`,
    `lag at the end of the fault ${MS(verdict.lagAtHeal)} records, drained at ${MS(verdict.drainedPerSecond)}/s, level ${MS(verdict.convergeMs)} ms after the last write`,
    `memory ${MS(verdict.residentGrowthMib)} MiB more; ${verdict.records} keys`,
    ...failed,
    ...verdict.remarks,
  ];
  const lines = verdict.green ? facts : [...verdict.problems.map((problem) => `PROBLEM ${problem}`), ...facts];
  return lines.map((line) => `    ${line}\n`).join('');
};

const COLUMNS: readonly (readonly [title: string, value: (verdict: CellVerdict) => string])[] = [
  ['row', ({ row }) => row],
  ['fault', ({ title, cell }) => `${title} (\`${cell}\`)`],
  ['verdict', ({ green }) => (green ? 'green' : '**red**')],
  ['lost, resurrected, stale', ({ anomalies: a }) => `${a.lost ?? 0}, ${a.resurrected ?? 0}, ${a.stale ?? 0}`],
  ['requests', ({ requests }) => `${requests}`],
  ['failed (excused)', ({ failed, unexcused }) => `${unexcused} (${sumOf(failed) - unexcused})`],
  ['longest ms', ({ longestMs }) => `${longestMs}`],
  ['search p99 ms before / during / after', ({ searchP99Ms: p }) => `${MS(p.warm)} / ${MS(p.fault)} / ${MS(p.after)}`],
  ['out s', ({ detectMs }) => SECONDS(detectMs)],
  ['back s', ({ recoverMs }) => SECONDS(recoverMs)],
  ['changes', ({ flips }) => MS(flips)],
  ['drained /s', ({ drainedPerSecond }) => MS(drainedPerSecond)],
  ['level s', ({ convergeMs }) => SECONDS(convergeMs)],
  ['seed', ({ seed }) => `${seed}`],
];

/** The verdict table as Markdown, for `docs/reliability.md`. */
export const renderMarkdown = (verdict: ChaosVerdict): string => {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    row(COLUMNS.map(([title]) => title)),
    row(COLUMNS.map(() => '---')),
    ...verdict.cells.map((cell) => row(COLUMNS.map(([, value]) => value(cell).replaceAll('|', '\\|')))),
  ];
  if (verdict.notRun.length === 0) return `${lines.join('\n')}\n`;
  const notRun = verdict.notRun.map(
    ({ cell, row: number, title, why }) => `- ${number}, ${title} (\`${cell}\`): ${why}`,
  );
  return `${lines.join('\n')}\n\nNot run:\n\n${notRun.join('\n')}\n`;
};
