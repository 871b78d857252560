import type { Random } from './random';
import type { Failure } from './recorder';
import type { ChaosService, Need } from './services-file';
import type { Stage } from './stage';

export interface Step {
  /** Milliseconds after the fault began. A step that is late makes the next ones no later. */
  readonly atMs: number;
  readonly what: string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** What must hold besides what always must: nothing acknowledged is lost, nothing deleted comes back, all converge. */
export interface Expectation {
  /** The service whose state is watched. */
  readonly service?: ChaosService;
  /** It must be out of rotation within 3 s of the fault. */
  readonly mustLeave?: boolean;
  /** Changes between "used for reads" and "not used" that a replica may make. Default 2: out, and back. */
  readonly flips?: number;
  /** Failed requests that the fault excuses; none by default. */
  readonly excuses?: (failure: Failure) => boolean;
  /** Searches that Qdrant alone answers may be behind, and say so by `degraded`. */
  readonly mayBeStale?: boolean;
  /** The broker loses what it had, and is sent everything that is kept again. */
  readonly brokerForgets?: boolean;
  /** The replica (0, 1) that stands still meanwhile: its own state does not count. */
  readonly frozen?: number;
  /** Milliseconds within which the service is back after the last step. Default 30,000. */
  readonly backMs?: number;
}

/** One row of the fault matrix. One file each, or several of a kind, in `cells/`. */
export interface Cell {
  /** For the command line: `qdrant-kill`. */
  readonly id: string;
  /** Its row in the fault matrix of docs/reliability.md. */
  readonly row: string;
  readonly title: string;
  /** Part of the set that every change has to pass. */
  readonly smoke?: boolean;
  readonly needs: readonly Need[];
  readonly replicas: 1 | 2;
  readonly workloads: readonly string[];
  /** Longer than ten minutes: runs only by name or with `--long`. */
  readonly long?: boolean;
  /** The schedule. Draws everything that varies from `random`. */
  readonly plan: (random: Random) => readonly Step[];
  readonly expect: Expectation;
}

export const RECORDS = ['records', 'searches'] as const;
