import { BackgroundLoop, type LoopOptions } from './background-loop';
import { BackgroundPiece, type PieceFacts, type PieceView, type ProcessRole, type Run } from './background-piece';
import { messageOf } from './message-of';

type RunListener = (piece: PieceFacts, run: Run) => void;

/** What can be said of a loop beside its work. */
export type LoopManners = Omit<LoopOptions, 'step'>;

/** All background work of one process, and whether its role runs it. */
export class BackgroundWork {
  private readonly pieces = new Map<string, BackgroundPiece>();
  private readonly listeners = new Set<RunListener>();

  /** `log` is called with faults that no piece logs itself. */
  constructor(
    readonly role: ProcessRole,
    private readonly log: (message: string) => void = () => undefined,
  ) {}

  /** Whether this process does the work that any worker can do for all: in every role but `api`. */
  get isWorking(): boolean {
    return this.role !== 'api';
  }

  /** Lists a piece of work, and returns its loop. Throws when a piece of this name is listed already. */
  loop(facts: PieceFacts, options: LoopOptions): BackgroundLoop {
    if (this.pieces.has(facts.name)) throw new Error(`The background work "${facts.name}" is already registered.`);
    const piece = new BackgroundPiece(facts, (of, run) => this.ran(of, run));
    this.pieces.set(facts.name, piece);
    const isAllowed = facts.role === 'any' || this.isWorking;
    return new BackgroundLoop(piece, { onFault: (error) => this.logged(facts.name, error), ...options }, isAllowed);
  }

  /** The next round follows `intervalMs` after the end of the one before. */
  withPauses(
    facts: PieceFacts,
    work: (signal: AbortSignal) => Promise<void>,
    manners: LoopManners = {},
  ): BackgroundLoop {
    const step = async (signal: AbortSignal): Promise<number> => {
      await work(signal);
      return facts.intervalMs;
    };
    return this.loop(facts, { ...manners, step });
  }

  /** Runs at once while `work` reports that there may be more, otherwise each interval or when woken. */
  whileMore(facts: PieceFacts, work: (signal: AbortSignal) => Promise<boolean>): BackgroundLoop {
    return this.loop(facts, { step: async (signal) => ((await work(signal)) ? 0 : facts.intervalMs) });
  }

  /**
   * Starts a round at each full interval, first after one; a round that takes longer skips those that it misses. The
   * pauses do not keep the process alive.
   */
  every(facts: PieceFacts, work: (signal: AbortSignal) => Promise<void> | void): BackgroundLoop {
    const { intervalMs } = facts;
    let begunAt = 0;
    const untilNext = (): number => intervalMs - ((performance.now() - begunAt) % intervalMs);
    const step = async (signal: AbortSignal): Promise<number> => {
      begunAt = performance.now();
      await work(signal);
      return untilNext();
    };
    const onFault = (error: unknown): number => {
      this.logged(facts.name, error);
      return untilNext();
    };
    return this.loop(facts, { step, onFault, firstMs: intervalMs, keepsAlive: false });
  }

  /** For work that ends before its process does. Its name is free again. */
  remove({ name }: Pick<PieceFacts, 'name'>): void {
    this.pieces.delete(name);
  }

  /** All pieces, in the order of their names. Reads memory only. */
  views(): PieceView[] {
    const views = [...this.pieces.values()].map((piece) => piece.view());
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Calls `listener` at the end of each run, which must not wait for it. Returns the function that stops it. */
  onRun(listener: RunListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private ran(piece: PieceFacts, run: Run): void {
    for (const listener of this.listeners) listener(piece, run);
  }

  private logged(name: string, error: unknown): undefined {
    this.log(`The background work "${name}" is tried again: ${messageOf(error)}`);
    return undefined;
  }
}
