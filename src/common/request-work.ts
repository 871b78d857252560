import { AsyncLocalStorage } from 'node:async_hooks';
import { deadlineExceeded, type Outcome } from './errors';

const current = new AsyncLocalStorage<RequestWork | undefined>();

/** Written in each transaction of a request, so that it exists exactly when any part of the request is committed. */
export interface Receipt {
  /** The project that owns the row; the transaction may serve another one. */
  readonly projectId: number;
  /** The last statements of the transaction. Throws when the request must no longer be applied. */
  readonly leave: (query: (sql: string, params: readonly unknown[]) => Promise<{ rowCount: number }>) => Promise<void>;
  /** Whether transactions that changed no row are committed without it. */
  readonly onlyWithChanges?: boolean;
  /** Called when a transaction that it was left in is committed. */
  readonly kept?: () => void;
}

/**
 * One request's work on the record: its deadline and its outcome. The database reads it from the async context, so that
 * no layer in between has to pass it on or can forget to.
 */
export class RequestWork {
  private readonly deadlineAt: number;
  private committed = 0;
  private unsure = 0;
  private committing = 0;
  private isSealed = false;
  private isOver = false;
  private readonly ownReceipts: Receipt[] = [];

  constructor(
    private readonly timeoutMs: number | null,
    leftMs: number | null,
    private readonly parent?: RequestWork,
    private readonly ownProjectId?: number,
  ) {
    this.deadlineAt = leftMs === null ? Number.POSITIVE_INFINITY : performance.now() + leftMs;
  }

  /**
   * Remaining milliseconds; `Infinity` without a deadline, or after a successful answer: later work belongs to no
   * request.
   */
  get remainingMs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    return Math.min(
      Math.max(0, this.deadlineAt - performance.now()),
      this.parent?.remainingMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Whose request it is; `undefined` for nobody's. */
  get projectId(): number | undefined {
    return this.ownProjectId ?? this.parent?.projectId;
  }

  /** Of this request and those that it is part of. */
  get receipts(): readonly Receipt[] {
    const outer = this.parent?.receipts ?? [];
    return outer.length === 0 ? this.ownReceipts : [...this.ownReceipts, ...outer];
  }

  /** Whether the answer to a commit was lost. */
  get isUnsure(): boolean {
    return this.unsure > 0;
  }

  leavesReceipt(receipt: Receipt): void {
    this.ownReceipts.push(receipt);
  }

  /**
   * Call right before committing anything. Throws `deadline_exceeded` once the request's time is over or it was
   * answered.
   */
  mustGoOn(): void {
    if (this.isOver) return;
    this.parent?.mustGoOn();
    if (this.isSealed || performance.now() >= this.deadlineAt) {
      throw deadlineExceeded(this.timeoutMs ?? 0).withOutcome('not_applied');
    }
  }

  /** Records that a commit is under way. Returns the function to call once, when its outcome is known. */
  commits(): (how: 'committed' | 'refused' | 'unsure') => void {
    const tellParent = this.parent?.commits();
    this.committing += 1;
    return (how) => {
      tellParent?.(how);
      this.committing -= 1;
      if (how === 'committed') this.committed += 1;
      if (how === 'unsure') this.unsure += 1;
    };
  }

  /** Forbids further commits. Returns the outcome of the writes, which is final. */
  seal(): Outcome {
    this.isSealed = true;
    return this.committed + this.unsure + this.committing > 0 ? 'unknown' : 'not_applied';
  }

  /** The request was answered successfully. */
  end(): void {
    this.isOver = true;
  }
}

/** The request of the calling code; `undefined` for background work. */
export const currentRequest = (): RequestWork | undefined => current.getStore();

/** Runs `work` for a request with `leftMs` of its `timeoutMs` left (`null`: no limit). Requests may be nested. */
export const forRequest = <T>(
  timeoutMs: number | null,
  leftMs: number | null,
  work: (request: RequestWork) => T,
  projectId?: number,
): T => {
  const request = new RequestWork(timeoutMs, leftMs, current.getStore(), projectId);
  return current.run(request, () => work(request));
};

/**
 * Runs `work` outside of any request: bookkeeping that must finish whatever happens to the request (idempotency keys),
 * data that no reader can see yet (staged bytes), and work that outlives the request.
 */
export const outsideRequest = <T>(work: () => T): T => current.run(undefined, work);
