import type { Observation } from '../recorder';
import type { OverloadCourse, PartResult } from './course';
import { isRefused, isWrong, measureOverload, type OverloadFigures } from './measure';

export interface OverloadExpectation {
  /** Milliseconds that each request was given. */
  readonly deadlineMs: number;
}

export interface OverloadVerdict {
  readonly figures: OverloadFigures;
  /** What is wrong, however slow the machine is. */
  readonly wrong: readonly string[];
  /** Limits of time and number that were broken. */
  readonly limits: readonly string[];
  readonly remarks: readonly string[];
}

const GOODPUT_SHARE = 0.8;
const REFUSED_WITHIN_MS = 50;
const POLITE_FACTOR = 2;
const BACK_MS = 5_000;
/** Less than this was not the load that the cell is about. */
const SENT_SHARE = 0.9;
const WRITES = new Set(['put', 'patch', 'delete', 'upload']);

/** What overload may do: refuse, at once and with nothing done. Everything else is a problem. */
export const judgeOverload = (course: OverloadCourse, { deadlineMs }: OverloadExpectation): OverloadVerdict => {
  const figures = measureOverload(course, deadlineMs);
  return {
    figures,
    wrong: [...unready(figures), ...wrongAnswers(course), ...stale(course), ...course.findings.map(nameOf)],
    limits: limitsOf(figures, course, deadlineMs),
    remarks: remarksOn(figures),
  };
};

const nameOf = ({ check, detail }: OverloadCourse['findings'][number]): string => `${check}: ${detail}`;

const unready = ({ notReady, readyProbes }: OverloadFigures): string[] =>
  notReady === 0 ? [] : [`/ready did not say yes in ${notReady} of ${readyProbes} probes`];

const partsOf = ({ parts, flood }: OverloadCourse): [name: string, part: PartResult][] => [
  ...Object.entries(parts),
  ...(flood ? [['flood', flood] as [string, PartResult]] : []),
];

const wrongAnswers = (course: OverloadCourse): string[] =>
  partsOf(course).flatMap(([name, { observations }]) => [
    ...counted(observations.filter(isWrong), ({ operation, outcome }) => `${operation}: ${outcome}`).map(
      ([what, count]) => `${count} failed requests, ${what} (${name})`,
    ),
    ...counted(observations.filter(hidesItsOutcome), ({ operation, outcome }) => `${operation}: ${outcome}`).map(
      ([what, count]) => `${count} refused writes that do not say "not_applied", ${what} (${name})`,
    ),
  ]);

const hidesItsOutcome = (seen: Observation): boolean =>
  isRefused(seen) && WRITES.has(seen.operation) && seen.applied !== 'not_applied';

/** Postgres is there all the time: nobody may answer as if it were not. */
const stale = (course: OverloadCourse): string[] =>
  partsOf(course).flatMap(([name, { observations, violations, admitted }]) => {
    const alone = observations.filter(({ degraded, servedBy }) => degraded === true && servedBy === 'qdrant').length;
    return [
      ...counted(violations, ({ anomaly }) => anomaly).map(([anomaly, count]) => {
        const first = violations.find((violation) => violation.anomaly === anomaly);
        return `${count} × ${anomaly} (${name}), first: ${first?.operation}: ${first?.detail}`;
      }),
      ...(alone > 0 ? [`${alone} searches were answered without Postgres, which is there (${name})`] : []),
      ...(admitted > 0 ? [`${admitted} answers were behind and said so (${name})`] : []),
    ];
  });

const limitsOf = (figures: OverloadFigures, { flood }: OverloadCourse, deadlineMs: number): string[] => {
  const { acceptedP99Ms, refusedP99Ms, beforeP99Ms, backMs } = figures;
  const limits: readonly (readonly [boolean, string])[] = [
    ...goodput(figures),
    [
      acceptedP99Ms > deadlineMs,
      `p99 of what was let in ${Math.round(acceptedP99Ms)} ms; the deadline is ${deadlineMs} ms`,
    ],
    [
      refusedP99Ms > REFUSED_WITHIN_MS,
      `refusals took ${Math.round(refusedP99Ms)} ms (p99, at the server); allowed are ${REFUSED_WITHIN_MS} ms`,
    ],
    [
      flood !== undefined && acceptedP99Ms > POLITE_FACTOR * beforeP99Ms,
      `p99 of the polite project ${Math.round(acceptedP99Ms)} ms beside the flood, ${Math.round(beforeP99Ms)} ms before`,
    ],
    [(backMs ?? Infinity) > BACK_MS, `back to normal ${backMs === undefined ? 'never' : `after ${backMs} ms`}`],
  ];
  return limits.filter(([isBroken]) => isBroken).map(([, limit]) => limit);
};

/** Of two projects each may have half: the polite one its own, and both together what one had alone. */
const goodput = ({ peakPerSecond, sentPerSecond, goodPerSecond, flood }: OverloadFigures): [boolean, string][] => {
  const own = tooFew(goodPerSecond, Math.min(flood ? peakPerSecond / 2 : peakPerSecond, sentPerSecond));
  if (!flood) return [own];
  const [isBroken, words] = tooFew(goodPerSecond + flood.goodPerSecond, peakPerSecond);
  return [own, [isBroken, `${words}, of both projects`]];
};

const tooFew = (good: number, possible: number): [boolean, string] => [
  good < possible * GOODPUT_SHARE,
  `${Math.round(good)} good answers a second; ${Math.round(possible)} are possible`,
];

const remarksOn = ({ sentPerSecond, offeredPerSecond, sendLagP99Ms, heldBack }: OverloadFigures): string[] => {
  const [sent, offered] = [Math.round(sentPerSecond), Math.round(offeredPerSecond)];
  const remarks: readonly (readonly [boolean, string])[] = [
    [sentPerSecond < offeredPerSecond * SENT_SHARE, `only ${sent} of ${offered} requests a second could be sent`],
    [heldBack > 0, `${heldBack} requests were held back: too many were on their way`],
    [
      sendLagP99Ms > REFUSED_WITHIN_MS,
      `requests were sent up to ${Math.round(sendLagP99Ms)} ms late (p99): the generator`,
    ],
  ];
  return remarks.filter(([isSo]) => isSo).map(([, remark]) => remark);
};

const counted = <T>(values: readonly T[], name: (value: T) => string): [string, number][] => {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(name(value), (counts.get(name(value)) ?? 0) + 1);
  return [...counts];
};
