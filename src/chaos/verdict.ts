import type { OverloadFigures } from './overload/measure';
import type { Anomaly } from './record-model';
import type { Phase } from './recorder';
import type { StateChange } from './watch';

export interface TimelineEntry {
  /** Milliseconds since the cell began. */
  readonly at: number;
  readonly what: string;
}

/** What one cell found. Times are milliseconds; absent ones could not be measured. */
export interface CellVerdict {
  readonly cell: string;
  readonly row: string;
  readonly title: string;
  readonly seed: number;
  readonly green: boolean;
  /** Why it is red. */
  readonly problems: readonly string[];
  /** Those of the problems that are a limit of time or of number: a machine that is busy with others breaks them too. */
  readonly limits: readonly string[];
  /** What deserves a look and makes nothing red. */
  readonly remarks: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly changes: readonly StateChange[];
  readonly requests: number;
  readonly heldBack: number;
  /** Failed requests by what was asked and what came back, those that the fault excuses too. */
  readonly failed: Readonly<Record<string, number>>;
  readonly unexcused: number;
  readonly anomalies: Readonly<Partial<Record<Anomaly, number>>>;
  /** Answers that were behind and said so while Postgres was gone. */
  readonly admittedlyBehind: number;
  readonly longestMs: number;
  readonly searchP99Ms: Readonly<Partial<Record<Phase, number>>>;
  readonly servedBy: Readonly<Partial<Record<Phase, Readonly<Record<string, number>>>>>;
  readonly detectMs?: number;
  readonly recoverMs?: number;
  readonly flips?: number;
  readonly convergeMs?: number;
  readonly lagAtHeal?: number;
  readonly drainedPerSecond?: number;
  readonly residentGrowthMib?: number;
  /** Of the cells about overload. */
  readonly overload?: OverloadFigures;
  readonly records: number;
  readonly durationMs: number;
  /** File with every request and change, when it is red. */
  readonly history?: string;
}

/** A cell that could not be run, and what is missing for it. */
export interface NotRun {
  readonly cell: string;
  readonly row: string;
  readonly title: string;
  readonly why: string;
}

export interface ChaosVerdict {
  readonly seed: number;
  readonly green: boolean;
  readonly cells: readonly CellVerdict[];
  readonly notRun: readonly NotRun[];
}
