import type { OverloadFigures } from './overload/measure';
import type { CellVerdict, ChaosVerdict } from './verdict';

const MS = (value: number | undefined): string => (value === undefined ? '–' : `${value}`);
const SECONDS = (value: number | undefined): string => (value === undefined ? '–' : (value / 1000).toFixed(1));

const RATE = (value: number): string => `${Math.round(value)}`;

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
    ...(verdict.overload ? overloadFacts(verdict.overload) : []),
    ...failed,
    ...verdict.remarks,
  ];
  const lines = verdict.green ? facts : [...verdict.problems.map((problem) => `PROBLEM ${problem}`), ...facts];
  return lines.map((line) => `    ${line}\n`).join('');
};

const overloadFacts = (figures: OverloadFigures): string[] => {
  const { peakPerSecond: peak, offeredPerSecond: offered, goodPerSecond: good, sentPerSecond: sent, flood } = figures;
  return [
    `at most ${RATE(peak)} good answers a second; ${RATE(offered)} offered, ${RATE(sent)} sent, ${RATE(good)} good`,
    `p99 of what was let in ${RATE(figures.acceptedP99Ms)} ms, ${RATE(figures.beforeP99Ms)} ms before`,
    `${figures.refused} refused within ${RATE(figures.refusedP99Ms)} ms (p99, at the server)`,
    `/ready said no in ${figures.notReady} of ${figures.readyProbes} probes; as before after ${SECONDS(figures.backMs)} s`,
    `requests were sent ${RATE(figures.sendLagP99Ms)} ms late (p99), ${figures.heldBack} not at all`,
    ...(flood ? [`flood: ${flood.sent} requests, ${flood.accepted} of them served`] : []),
  ];
};

type Columns<T> = readonly (readonly [title: string, value: (verdict: T) => string])[];

const COLUMNS: Columns<CellVerdict> = [
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

type OverloadVerdictRow = CellVerdict & { readonly overload: OverloadFigures };

const OVERLOAD_COLUMNS: Columns<OverloadVerdictRow> = [
  ['row', ({ row }) => row],
  ['strain', ({ title, cell }) => `${title} (\`${cell}\`)`],
  ['verdict', ({ green }) => (green ? 'green' : '**red**')],
  [
    'stale answers',
    ({ problems }) => `${problems.filter((problem) => STALE.test(problem)).length === 0 ? 'none' : 'some'}`,
  ],
  ['peak /s', ({ overload }) => RATE(overload.peakPerSecond)],
  ['offered /s (sent)', ({ overload: { offeredPerSecond: o, sentPerSecond: s } }) => `${RATE(o)} (${RATE(s)})`],
  ['good /s', ({ overload }) => RATE(overload.goodPerSecond)],
  ['p99 ms before / let in', ({ overload: o }) => `${RATE(o.beforeP99Ms)} / ${RATE(o.acceptedP99Ms)}`],
  ['refused (p99 ms)', ({ overload: o }) => `${o.refused} (${RATE(o.refusedP99Ms)})`],
  ['/ready no', ({ overload: o }) => `${o.notReady} of ${o.readyProbes}`],
  ['back s', ({ overload }) => SECONDS(overload.backMs)],
  ['sent late p99 ms', ({ overload }) => RATE(overload.sendLagP99Ms)],
  ['seed', ({ seed }) => `${seed}`],
];

const STALE = /× (stale|lost|resurrected|went_back|phantom)|without Postgres|were behind/;

const table = <T>(columns: Columns<T>, verdicts: readonly T[]): string[] => {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  if (verdicts.length === 0) return [];
  return [
    row(columns.map(([title]) => title)),
    row(columns.map(() => '---')),
    ...verdicts.map((verdict) => row(columns.map(([, value]) => value(verdict).replaceAll('|', '\\|')))),
    '',
  ];
};

const isOverload = (verdict: CellVerdict): verdict is OverloadVerdictRow => verdict.overload !== undefined;

/** The verdict table as Markdown, for `docs/reliability.md`. */
export const renderMarkdown = (verdict: ChaosVerdict): string => {
  const lines = [
    ...table(
      COLUMNS,
      verdict.cells.filter((cell) => !isOverload(cell)),
    ),
    ...table(OVERLOAD_COLUMNS, verdict.cells.filter(isOverload)),
  ];
  if (verdict.notRun.length === 0) return lines.join('\n');
  const notRun = verdict.notRun.map(
    ({ cell, row: number, title, why }) => `- ${number}, ${title} (\`${cell}\`): ${why}`,
  );
  return `${lines.join('\n')}\nNot run:\n\n${notRun.join('\n')}\n`;
};
