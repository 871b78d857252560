import { messageOf } from '../common/message-of';
import type { Cell } from './cell';
import { judgeOverload, type OverloadVerdict } from './overload/judge';
import { PHASES, type Failure, type Phase, type Recorder } from './recorder';
import type { Stage } from './stage';
import type { CellVerdict, TimelineEntry } from './verdict';
import { isServing, type StateChange, type Watch } from './watch';
import type { Finding } from './finding';

/** What happened in a cell, with the moments that its verdict is measured by. */
export interface Course {
  readonly watch: Watch;
  readonly faultAt: number;
  readonly healedAt: number;
  readonly stoppedAt: number;
  readonly drainedAt: number | undefined;
  readonly lagAtHeal: number;
  /** MiB by replica. */
  readonly residentBefore: ReadonlyMap<string, number>;
  readonly residentAfter: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

const DETECT_MS = 3_000;
const BACK_MS = 30_000;
const FLIPS = 2;
const CONVERGE_MS = 30_000;
/** An answer may come this long after the deadline: the product's own quarter of a second, and the way back. */
const GRACE_MS = 250 + 50;
const MOST_GROWTH_MIB = 100;
const DRAIN_FACTOR = 5;
const FALLBACK_FACTOR = 3;
const HEDGE_MS = 60;
const SEARCHES = new Set(['search', 'filtered', 'hybrid']);

export const summarise = (
  cell: Cell,
  stage: Stage,
  course: Course,
  about: { readonly seed: number; readonly timeline: readonly TimelineEntry[]; readonly begunAt: number },
): CellVerdict => {
  const { recorder } = stage;
  const states = statesOf(cell, stage, course);
  const convergeMs = course.drainedAt === undefined ? undefined : course.drainedAt - course.stoppedAt;
  const growth = growthOf(course);
  const measured = {
    longestMs: Math.round(recorder.longest()?.ms ?? 0),
    ...states,
    ...round({ convergeMs, residentGrowthMib: growth, drainedPerSecond: drainRate(course) }),
  };
  const unexcused = recorder.failures.filter((failure) => !isExcused(cell, failure));
  const overload = overloadOf(stage);
  const limits = [...limitsBroken(cell, stage, measured), ...(overload?.limits ?? [])];
  const problems = [
    ...anomaliesIn(recorder, course),
    ...failuresIn(unexcused),
    ...neverCame(cell, stage, measured),
    ...(overload?.wrong ?? []),
    ...limits,
    ...stage.replicas.flatMap(({ surprises, unhandled }) => [...surprises, ...unhandled]),
  ];
  return {
    cell: cell.id,
    row: cell.row,
    title: cell.title,
    seed: about.seed,
    green: problems.length === 0,
    problems,
    limits,
    remarks: [...remarksOn(stage, course, measured), ...(overload?.remarks ?? [])],
    timeline: about.timeline,
    changes: course.watch.changes,
    requests: recorder.observations.length + (overload?.figures.requests ?? 0),
    heldBack: recorder.heldBack,
    failed: countBy(recorder.failures, ({ operation, kind }) => `${operation}: ${kind}`),
    unexcused: unexcused.length,
    anomalies: Object.fromEntries(recorder.anomalies),
    admittedlyBehind: recorder.admitted,
    searchP99Ms: p99Of(recorder),
    servedBy: servedBy(recorder),
    lagAtHeal: course.lagAtHeal,
    records: stage.model.names().length,
    durationMs: Math.round(performance.now() - about.begunAt),
    ...(overload ? { overload: overload.figures } : {}),
    ...measured,
  };
};

/** In a cell about overload a plan that was not played to its end has measured nothing, and broke off. */
const overloadOf = ({ overload: { course }, deadlineMs }: Stage): OverloadVerdict | undefined =>
  course && judgeOverload(course, { deadlineMs });

/** The verdict of a cell that broke off: a replica that does not start, a command that does not work. */
export const neverEnded = (
  { id: cell, row, title }: Cell,
  seed: number,
  about: { readonly timeline: readonly TimelineEntry[]; readonly begunAt: number; readonly error: unknown },
): CellVerdict => ({
  cell,
  row,
  title,
  seed,
  green: false,
  problems: [`it broke off: ${messageOf(about.error)}`],
  limits: [],
  remarks: [],
  timeline: about.timeline,
  changes: [],
  requests: 0,
  heldBack: 0,
  failed: {},
  unexcused: 0,
  anomalies: {},
  admittedlyBehind: 0,
  longestMs: 0,
  searchP99Ms: {},
  servedBy: {},
  records: 0,
  durationMs: Math.round(performance.now() - about.begunAt),
});

/** A fault excuses what fails while it lasts and until all is back, and nothing after. */
const isExcused = (cell: Cell, failure: Failure): boolean =>
  (failure.phase === 'fault' || failure.phase === 'recovery') && cell.expect.excuses?.(failure) === true;

const anomaliesIn = (recorder: Recorder, course: Course): string[] => {
  const seen = [...recorder.anomalies].map(([anomaly, count]) => {
    const first = recorder.violations.find((violation) => violation.anomaly === anomaly);
    return `${count} × ${anomaly}, first: ${first?.operation} by ${first?.replica} at ${first?.at} ms: ${first?.detail}`;
  });
  const found = course.findings.slice(0, 10).map(({ check, detail }) => `${check}: ${detail}`);
  const more = course.findings.length > 10 ? [`${course.findings.length - 10} more findings`] : [];
  return [...seen, ...found, ...more];
};

const failuresIn = (unexcused: readonly Failure[]): string[] =>
  Object.entries(countBy(unexcused, ({ operation, kind, phase }) => `${operation}: ${kind} (${phase})`)).map(
    ([kind, count]) => `${count} failed requests, ${kind}`,
  );

type Measured = Pick<
  CellVerdict,
  'longestMs' | 'detectMs' | 'recoverMs' | 'flips' | 'convergeMs' | 'residentGrowthMib' | 'drainedPerSecond'
>;

/** What no machine's slowness explains. */
const neverCame = (cell: Cell, stage: Stage, { detectMs, recoverMs, convergeMs }: Measured): string[] => {
  const { expect } = cell;
  const watched = expect.service !== undefined && expect.service in stage.services;
  return [
    ...(watched && expect.mustLeave && detectMs === undefined ? ['the service was never out of rotation'] : []),
    ...(watched && recoverMs === undefined ? ['the service did not come back'] : []),
    ...('qdrant' in stage.services && convergeMs === undefined ? ['the copy never caught up'] : []),
  ];
};

const limitsBroken = (cell: Cell, stage: Stage, measured: Measured): string[] => {
  const { expect } = cell;
  const { longestMs, detectMs, recoverMs, flips = 0, convergeMs } = measured;
  const backMs = expect.backMs ?? BACK_MS;
  const mostFlips = expect.flips ?? FLIPS;
  const watched = expect.service !== undefined && expect.service in stage.services;
  const latest = Math.round(stage.deadlineMs + GRACE_MS + stage.recorder.ownLag.max / 1e6);
  const limits: readonly (readonly [boolean, string])[] = [
    [
      longestMs > latest && expect.frozen === undefined,
      `a request took ${longestMs} ms; the latest it may take is ${latest} ms`,
    ],
    [
      watched && expect.mustLeave === true && (detectMs ?? 0) > DETECT_MS,
      `out of rotation after ${detectMs} ms; allowed are ${DETECT_MS} ms`,
    ],
    [watched && (recoverMs ?? 0) > backMs, `back after ${recoverMs} ms; allowed are ${backMs} ms`],
    [watched && flips > mostFlips, `${flips} changes of rotation; allowed are ${mostFlips}`],
    [
      stage.recorder.admitted > 0 && expect.mayBeStale !== true,
      `${stage.recorder.admitted} answers were behind and said so`,
    ],
    [(convergeMs ?? 0) > CONVERGE_MS, `caught up after ${convergeMs} ms; allowed are ${CONVERGE_MS} ms`],
  ];
  return limits.filter(([isBroken]) => isBroken).map(([, problem]) => problem);
};

/** Figures that depend on the machine as much as on the product: said, and no reason for red. */
const remarksOn = (stage: Stage, course: Course, measured: Measured): string[] => {
  const { recorder, rates } = stage;
  const { residentGrowthMib: growth = 0, drainedPerSecond: drained } = measured;
  const allowed = fallbackP99(recorder, course) * FALLBACK_FACTOR + HEDGE_MS;
  const during = recorder.percentile('fault', 0.99, (operation) => SEARCHES.has(operation)) ?? 0;
  const remarks: readonly (readonly [boolean, string])[] = [
    [growth > MOST_GROWTH_MIB, `memory grew by ${growth} MiB`],
    [recorder.heldBack > 0, `${recorder.heldBack} requests were held back: too many were on their way`],
    [recorder.admitted > 0, `${recorder.admitted} answers were behind and said so`],
    [
      drained !== undefined && drained < DRAIN_FACTOR * rates.writes,
      `drained at ${drained}/s; ${DRAIN_FACTOR} times the write rate are ${DRAIN_FACTOR * rates.writes}/s`,
    ],
    [
      Number.isFinite(allowed) && during > allowed,
      `search p99 ${Math.round(during)} ms during the fault; ${FALLBACK_FACTOR} times the fallback's own are ${Math.round(allowed)} ms`,
    ],
  ];
  return remarks.filter(([isSo]) => isSo).map(([, remark]) => remark);
};

/** Of searches that Postgres served once the fault was noticed; infinite with too few to tell. */
const fallbackP99 = ({ observations }: Recorder, { faultAt }: Course): number => {
  const settled = observations.filter(
    ({ at, operation, servedBy, phase }) =>
      at > faultAt + DETECT_MS && phase !== 'after' && servedBy === 'pgvector' && SEARCHES.has(operation),
  );
  const sorted = settled.map(({ ms }) => ms).sort((a, b) => a - b);
  return (sorted.length < 50 ? undefined : sorted[Math.floor(sorted.length * 0.99)]) ?? Infinity;
};

/** How the slowest replica took the fault: when it stopped using the service, when it used it again, how often it changed. */
const statesOf = (
  cell: Cell,
  stage: Stage,
  { watch, faultAt, healedAt }: Course,
): Pick<CellVerdict, 'detectMs' | 'recoverMs' | 'flips'> => {
  const { service, frozen } = cell.expect;
  if (service === undefined) return {};
  const replicas = stage.replicas.filter((_, index) => index !== frozen);
  const courses = replicas.map(({ name }) => courseOf(watch.seenBy(name, service), faultAt, healedAt));
  const most = (values: readonly (number | undefined)[]): number | undefined =>
    values.includes(undefined) ? undefined : Math.max(...values.map((value) => value ?? 0));
  return round({
    detectMs: most(courses.map(({ detectMs }) => detectMs)),
    recoverMs: most(courses.map(({ recoverMs }) => recoverMs)),
    flips: most(courses.map(({ flips }) => flips)),
  });
};

const courseOf = (
  changes: readonly StateChange[],
  faultAt: number,
  healedAt: number,
): { detectMs: number | undefined; recoverMs: number | undefined; flips: number } => {
  const flips = changes.filter((change, index) => {
    const before = changes[index - 1];
    return change.at >= faultAt && before !== undefined && isServing(before.state) !== isServing(change.state);
  });
  const out = flips.find(({ state }) => !isServing(state));
  const last = changes.at(-1);
  const isBack = last !== undefined && isServing(last.state);
  const backAt = Math.max(flips.at(-1)?.at ?? 0, healedAt);
  return {
    detectMs: out && out.at - faultAt,
    recoverMs: isBack ? backAt - healedAt : undefined,
    flips: flips.length,
  };
};

/** Records a second that were applied after the fault, those that were written meanwhile included. */
const drainRate = ({ watch, healedAt, lagAtHeal, stoppedAt }: Course): number | undefined => {
  if (lagAtHeal < 20) return undefined;
  const level = Math.max(10, lagAtHeal * 0.05);
  const from = watch.lag.findLast(({ at, records }) => at >= healedAt && at <= stoppedAt && records >= lagAtHeal);
  const to = watch.lag.find(({ at, records }) => at > (from?.at ?? healedAt) && records <= level);
  if (!to) return undefined;
  return ((from?.records ?? lagAtHeal) - to.records) / ((to.at - (from?.at ?? healedAt)) / 1000);
};

const growthOf = ({ residentBefore, residentAfter }: Course): number | undefined => {
  const growths = [...residentAfter].flatMap(([name, size]) => {
    const before = residentBefore.get(name);
    return before === undefined ? [] : [size - before];
  });
  return growths.length === 0 ? undefined : Math.max(...growths);
};

const p99Of = (recorder: Recorder): CellVerdict['searchP99Ms'] =>
  Object.fromEntries(
    PHASES.flatMap((phase): [Phase, number][] => {
      const found = recorder.percentile(phase, 0.99, (operation) => SEARCHES.has(operation));
      return found === undefined ? [] : [[phase, Math.round(found)]];
    }),
  );

const servedBy = (recorder: Recorder): CellVerdict['servedBy'] =>
  Object.fromEntries(
    PHASES.map((phase) => {
      const seen = recorder.observations.filter((one) => one.phase === phase && one.servedBy !== undefined);
      return [phase, countBy(seen, (one) => (one.degraded ? `${one.servedBy}, degraded` : `${one.servedBy}`))];
    }),
  );

const countBy = <T>(values: readonly T[], name: (value: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[name(value)] = (counts[name(value)] ?? 0) + 1;
  return counts;
};

/** Whole numbers, and nothing for what could not be measured. */
const round = <K extends string>(values: Readonly<Record<K, number | undefined>>): Partial<Record<K, number>> => {
  const rounded: Partial<Record<K, number>> = {};
  for (const [name, value] of Object.entries(values) as [K, number | undefined][])
    if (value !== undefined) rounded[name] = Math.round(value);
  return rounded;
};
