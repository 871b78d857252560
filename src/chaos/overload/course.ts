import type { Failure, Observation, Violation } from '../recorder';
import type { Finding } from '../finding';

/** The parts of a cell about overload, in their order. */
export const PARTS = ['before', 'peak', 'over', 'after'] as const;
export type Part = (typeof PARTS)[number];

/** What one generator did in one part. Times are milliseconds since the cell began. */
export interface PartResult {
  readonly from: number;
  /** When the last request was to be sent; answers come later. */
  readonly to: number;
  /** Requests that were due and not sent: too many were on their way. */
  readonly heldBack: number;
  /** Answers that were behind and said so: somebody took Postgres for gone. */
  readonly admitted: number;
  readonly observations: readonly Observation[];
  readonly violations: readonly Violation[];
  readonly failures: readonly Failure[];
}

/** One answer of `/ready`, or none. */
export interface ReadyProbe {
  readonly at: number;
  readonly ms: number;
  /** `undefined`: no answer in time. */
  readonly status: number | undefined;
  /** Milliseconds of `ms` that the harness itself stood still. */
  readonly ownLag: number;
}

export interface OverloadCourse {
  readonly parts: Readonly<Record<Part, PartResult>>;
  /** Requests a second that were to be offered while the strain lasted. */
  readonly offeredPerSecond: number;
  /** What the other project's flood was told, in the cell that has one. */
  readonly flood: PartResult | undefined;
  readonly ready: readonly ReadyProbe[];
  /** Milliseconds that each request took by the replica's own log, by its id. */
  readonly serverMs: ReadonlyMap<string, number>;
  /** What was wrong with the records once everything had come to rest. */
  readonly findings: readonly Finding[];
}
