import type { Observation } from '../recorder';
import type { OverloadCourse, PartResult } from './course';

/** What a cell about overload measured. Times are milliseconds. */
export interface OverloadFigures {
  /** Of all parts and projects. */
  readonly requests: number;
  /** Good answers a second of clients that wait for each other, while the strain lasts. */
  readonly peakPerSecond: number;
  readonly offeredPerSecond: number;
  /** Really sent: what was held back is not in it. */
  readonly sentPerSecond: number;
  /** Good answers within their deadline, of all that were sent. */
  readonly goodPerSecond: number;
  readonly acceptedP99Ms: number;
  readonly refused: number;
  /** By what the answer or the replica's log says, from the request's arrival to the end of its answer. */
  readonly refusedP99Ms: number;
  /** How late requests were sent: the generator's fault, taken out of what it measured. */
  readonly sendLagP99Ms: number;
  readonly heldBack: number;
  readonly readyProbes: number;
  readonly notReady: number;
  readonly beforeP99Ms: number;
  /** After the strain, until all was as before; absent when that did not come. */
  readonly backMs?: number;
  /** Requests of the other project, how many of them were let in, and its good answers a second within their deadline. */
  readonly flood?: { readonly sent: number; readonly accepted: number; readonly goodPerSecond: number };
}

/** The operation of requests with a key that was never made. */
export const WRONG_KEY = 'wrong key';
const WINDOW_MS = 1_000;
/** What is faster than this is normal, however fast it was before. */
const NORMAL_MS = 100;
const NORMAL_FACTOR = 2;
const READY_MS = 2_000;

/** Without the time in which the generator could not run. */
export const timeOf = ({ ms, ownLag = 0 }: Observation): number => Math.max(0, ms - ownLag);

export const isGood = ({ outcome }: Observation): boolean => outcome === 'ok';
/** A wrong key is told so, which is right and no work. */
const isServed = (seen: Observation): boolean => isGood(seen) && seen.operation !== WRONG_KEY;
export const isRefused = ({ isRefusal }: Observation): boolean => isRefusal === true;
/** Let in, and not done in time. */
export const isLate = ({ outcome }: Observation): boolean => outcome.endsWith(' deadline_exceeded');
export const isWrong = (seen: Observation): boolean => !isGood(seen) && !isRefused(seen) && !isLate(seen);

/** The value that `share` of them do not exceed; 0 of none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

const p99 = (seen: readonly Observation[]): number => percentile(seen.map(timeOf), 0.99);

const perSecond = ({ from, to }: PartResult, count: number): number => (count / (to - from)) * 1_000;

export const measureOverload = (course: OverloadCourse, deadlineMs: number): OverloadFigures => {
  const { before, peak, over, after } = course.parts;
  const accepted = over.observations.filter((seen) => isGood(seen) || isLate(seen));
  const good = over.observations.filter((seen) => isGood(seen) && timeOf(seen) <= deadlineMs);
  const refused = over.observations.filter(isRefused);
  const beforeP99Ms = p99(before.observations);
  const backMs = backAfter(after, beforeP99Ms);
  const { flood } = course;
  const all = [before, peak, over, after, ...(flood ? [flood] : [])];
  return {
    requests: all.reduce((sum, { observations }) => sum + observations.length, 0),
    peakPerSecond: perSecond(peak, peak.observations.filter(isGood).length),
    offeredPerSecond: course.offeredPerSecond,
    sentPerSecond: perSecond(over, over.observations.length),
    goodPerSecond: perSecond(over, good.length),
    acceptedP99Ms: p99(accepted),
    refused: refused.length,
    refusedP99Ms: percentile(
      refused.map((seen) => serverTimeOf(course, seen)),
      0.99,
    ),
    sendLagP99Ms: percentile(over.observations.map(sendLagOf), 0.99),
    heldBack: over.heldBack,
    readyProbes: course.ready.length,
    notReady: course.ready.filter(isNotReady).length,
    beforeP99Ms,
    ...(backMs === undefined ? {} : { backMs }),
    ...(flood
      ? {
          flood: {
            sent: flood.observations.length,
            accepted: flood.observations.filter(isServed).length,
            goodPerSecond: perSecond(
              flood,
              flood.observations.filter((seen) => isServed(seen) && timeOf(seen) <= deadlineMs).length,
            ),
          },
        }
      : {}),
  };
};

/** By the answer, else by the log; of requests that neither tells about, what the client saw. */
export const serverTimeOf = ({ serverMs }: OverloadCourse, seen: Observation): number =>
  seen.serverMs ?? serverMs.get(seen.requestId ?? '') ?? timeOf(seen);

const sendLagOf = ({ at, due }: Observation): number => (due === undefined ? 0 : Math.max(0, at - due));

/** An answer that is late because the harness stood still is none of the product's. */
const isNotReady = ({ status, ms, ownLag }: OverloadCourse['ready'][number]): boolean =>
  status === undefined ? ms - ownLag >= READY_MS : status !== 200;

/** Milliseconds until the first second from which on nothing failed, and nothing was much slower than before. */
const backAfter = (after: PartResult, beforeP99Ms: number): number | undefined => {
  const limitMs = Math.max(NORMAL_MS, NORMAL_FACTOR * beforeP99Ms);
  const seconds = Math.floor((after.to - after.from) / WINDOW_MS);
  let back: number | undefined;
  for (let second = seconds - 1; second >= 0; second -= 1) {
    const from = after.from + second * WINDOW_MS;
    const seen = after.observations.filter(({ at, due = at }) => due >= from && due < from + WINDOW_MS);
    if (!seen.every(isGood) || p99(seen) > limitMs) return back;
    back = second * WINDOW_MS;
  }
  return back;
};
