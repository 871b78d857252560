import { ZeroDbError } from './errors';
import { isServiceFault } from './service-fault';

/** The values of `ZERODB_ROLE`. */
export type ProcessRole = 'all' | 'api' | 'worker';

/** Who runs it. `worker`: processes whose `ZERODB_ROLE` is `all` or `worker`. `any`: every process. */
export const BACKGROUND_ROLES = ['any', 'worker'] as const;
export type BackgroundRole = (typeof BACKGROUND_ROLES)[number];

/**
 * `failing`: the last run failed, and it is tried again. `stopped`: this process does not run it, because of its role or
 * because it stops.
 */
export const BACKGROUND_STATES = ['idle', 'running', 'failing', 'stopped'] as const;
export type BackgroundState = (typeof BACKGROUND_STATES)[number];

/** What is known of a piece of background work before it runs. */
export interface PieceFacts {
  /** Unique in the process; a label of the metrics, so one of a closed list. */
  readonly name: string;
  /** One sentence for operators. */
  readonly description: string;
  /** Milliseconds between two runs when there is little to do. */
  readonly intervalMs: number;
  readonly role: BackgroundRole;
}

/** One run that ended. */
export interface Run {
  readonly at: Date;
  readonly tookMs: number;
  readonly outcome: 'ok' | 'failed';
}

export interface BackgroundFault {
  readonly at: Date;
  /** Without secrets. */
  readonly message: string;
  /** The end of the first good run after it; `null` while it lasts. */
  readonly clearedAt: Date | null;
}

/** The current state of a piece, for operators. */
export interface PieceView extends PieceFacts {
  readonly state: BackgroundState;
  /** Runs that ended since the process started, and how many of them failed. */
  readonly runs: number;
  readonly failures: number;
  readonly lastRun: Run | null;
  readonly lastFault: BackgroundFault | null;
  readonly nextRun: Date | null;
}

/** Remembers how the runs of one piece of background work went. */
export class BackgroundPiece {
  private isStarted = false;
  private begunAtMs: number | undefined;
  private fault: unknown;
  private hasFailed = false;
  private runs = 0;
  private failures = 0;
  private lastRun: Run | null = null;
  private lastFault: BackgroundFault | null = null;
  private nextRun: Date | null = null;

  constructor(
    readonly facts: PieceFacts,
    private readonly onRun: (piece: PieceFacts, run: Run) => void = () => undefined,
  ) {}

  started(): void {
    this.isStarted = true;
  }

  stopped(): void {
    this.isStarted = false;
    this.nextRun = null;
  }

  begin(): void {
    this.begunAtMs = performance.now();
    this.hasFailed = false;
    this.nextRun = null;
  }

  /** Marks the present run as failed, with its first fault. Has no effect between two runs. */
  fail(error: unknown): void {
    if (this.begunAtMs === undefined || this.hasFailed) return;
    this.hasFailed = true;
    this.fault = error;
  }

  end(): void {
    const run: Run = {
      at: new Date(),
      tookMs: performance.now() - (this.begunAtMs ?? 0),
      outcome: this.hasFailed ? 'failed' : 'ok',
    };
    this.begunAtMs = undefined;
    this.runs += 1;
    if (this.hasFailed) this.failed(run.at);
    else if (this.lastFault?.clearedAt === null) this.lastFault = { ...this.lastFault, clearedAt: run.at };
    this.lastRun = run;
    this.onRun(this.facts, run);
  }

  pausing(ms: number): void {
    this.nextRun = new Date(Date.now() + ms);
  }

  view(): PieceView {
    const { facts, state, runs, failures, lastRun, lastFault, nextRun } = this;
    return { ...facts, state, runs, failures, lastRun, lastFault, nextRun };
  }

  private get state(): BackgroundState {
    if (!this.isStarted) return 'stopped';
    if (this.lastRun?.outcome === 'failed') return 'failing';
    return this.begunAtMs === undefined ? 'idle' : 'running';
  }

  private failed(at: Date): void {
    this.failures += 1;
    this.lastFault = { at, message: toldOf(this.fault), clearedAt: null };
    this.fault = undefined;
  }
}

/**
 * Only faults whose messages are made for people are told in full. Those of engines and of Node may repeat a value, a
 * password or an address.
 */
const toldOf = (error: unknown): string => {
  if (isServiceFault(error) || error instanceof ZeroDbError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (SQLSTATE.test(code)) return `Postgres refused a statement (${code})`;
  const kind = error instanceof Error ? error.name : typeof error;
  return `an unexpected error (${code === '' ? kind : `${kind} ${code}`}); the log has its message at level debug`;
};

const SQLSTATE = /^[0-9A-Z]{5}$/;
