import type { Random } from '../time';
import type { JudgeLimits } from './limits';
import type { Tally } from './rolling-window';

/** Evidence about one direction of calls. */
export interface Evidence {
  /** Calls of the last ten seconds, and of the last one or two. */
  readonly tally: Tally;
  readonly burst: Tally;
  /** Weighted faults since the last success, and milliseconds since it. */
  readonly inARow: number;
  readonly silentMs: number;
}

/** Why the recorded calls take a direction out of use; `undefined` while they do not. */
export const tripReason = (
  { tally, burst, inARow, silentMs }: Evidence,
  onTrial: boolean,
  limits: JudgeLimits,
): string | undefined => {
  const { consecutiveFaults, minCalls } = onTrial ? limits.trial : limits;
  // Parallel calls on one broken connection also make five faults in a row; the silence tells them from an outage.
  if (inARow >= consecutiveFaults && silentMs >= limits.silenceMs) return `${Math.floor(inARow)} failures in a row`;
  // Under load, ten good seconds must not hide a bad one for long.
  return shareReason(burst, limits.minBurst, limits) ?? shareReason(tally, minCalls, limits);
};

const shareReason = (tally: Tally, minCalls: number, limits: JudgeLimits): string | undefined => {
  if (tally.calls < minCalls) return undefined;
  if (tally.faults >= tally.calls * limits.faultShare) return `${percent(tally.faults, tally)} of the calls failed`;
  if (tally.slow >= tally.calls * limits.slowShare) return `${percent(tally.slow, tally)} of the calls were slow`;
  return undefined;
};

/** Whether so many calls fail that callers should not rely on the service alone. */
export const isDoubtful = ({ tally, inARow }: Evidence, limits: JudgeLimits): boolean =>
  inARow >= limits.suspectFaults ||
  (tally.faults >= limits.suspectFaults && tally.faults >= tally.calls * limits.suspectShare) ||
  (tally.calls >= limits.minCalls && tally.slow >= tally.calls * limits.faultShare);

/** Whether almost no calls fail. */
export const isClean = ({ tally, inARow }: Evidence, limits: JudgeLimits): boolean =>
  inARow === 0 && tally.faults <= tally.calls * limits.cleanShare && tally.slow <= tally.calls * limits.cleanSlowShare;

/** Minimum time out after `trips` earlier trips: doubled each time, half of it random. */
export const openMs = (trips: number, random: Random, { openMs: base, maxOpenMs }: JudgeLimits): number => {
  const full = Math.min(base * 2 ** trips, maxOpenMs);
  return full / 2 + (random() * full) / 2;
};

/** How long probes must stay good after `trips` earlier trips. */
export const steadyMs = (trips: number, { steadyMs: base, maxSteadyMs }: JudgeLimits): number =>
  Math.min(base * 2 ** trips, maxSteadyMs);

/** Trips that still count: one is forgotten for each `forgiveMs` in use. */
export const tripsStillCounted = (trips: number, inUseMs: number, { forgiveMs }: JudgeLimits): number =>
  Math.max(0, trips - Math.floor(inUseMs / forgiveMs));

const percent = (part: number, { calls }: Tally): string => `${Math.round((100 * part) / calls)} %`;
