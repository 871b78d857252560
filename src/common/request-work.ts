import { AsyncLocalStorage } from 'node:async_hooks';
import { deadlineExceeded, type Outcome } from './errors';

const current = new AsyncLocalStorage<RequestWork | undefined>();

/** Written in each transaction of a request, so that it is there exactly when something of the request is. */
export interface Receipt {
  /** Whose row it is; the transaction may serve another project. */
  readonly projectId: number;
  /** Throws when the request must no longer be applied. */
  readonly leave: (query: (sql: string, params: readonly unknown[]) => Promise<{ rowCount: number }>) => Promise<void>;
}

/**
 * What one request does to the record: until when it may, and what became of it. The database reads it wherever it is
 * reached from, so that no layer between has to hand it on, and none can forget to.
 */
export class RequestWork {
  private readonly deadlineAt: number;
  private committed = 0;
  private unsure = 0;
  private committing = 0;
  private isSealed = false;
  private isOver = false;
  private ownReceipt: Receipt | undefined;

  constructor(
    private readonly timeoutMs: number | null,
    leftMs: number | null,
    private readonly parent?: RequestWork,
  ) {
    this.deadlineAt = leftMs === null ? Number.POSITIVE_INFINITY : performance.now() + leftMs;
  }

  /** Milliseconds that are left; `Infinity` without a deadline, or after a good answer: what goes on is nobody's request. */
  get remainingMs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    return Math.min(
      Math.max(0, this.deadlineAt - performance.now()),
      this.parent?.remainingMs ?? Number.POSITIVE_INFINITY,
    );
  }

  get receipt(): Receipt | undefined {
    return this.ownReceipt ?? this.parent?.receipt;
  }

  leavesReceipt(receipt: Receipt): void {
    this.ownReceipt = receipt;
  }

  /** Asked right before anything is made to last. Throws `deadline_exceeded` once the request's time is over, or its answer given. */
  mustGoOn(): void {
    if (this.isOver) return;
    this.parent?.mustGoOn();
    if (this.isSealed || performance.now() >= this.deadlineAt) {
      throw deadlineExceeded(this.timeoutMs ?? 0).withOutcome('not_applied');
    }
  }

  /** A commit is on its way. Returns what is called once, when it is known how it ended. */
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

  /** No commit is begun from now on. Returns what became of the writes: exact, as nothing can be added to it. */
  seal(): Outcome {
    this.isSealed = true;
    return this.committed + this.unsure + this.committing > 0 ? 'unknown' : 'not_applied';
  }

  /** It was answered well. */
  end(): void {
    this.isOver = true;
  }
}

/** The request that the calling code works for; `undefined` for work that nobody waits for. */
export const currentRequest = (): RequestWork | undefined => current.getStore();

/** Runs `work` for a request with `leftMs` of its `timeoutMs` left (`null`: no limit). Requests may lie within another. */
export const forRequest = <T>(
  timeoutMs: number | null,
  leftMs: number | null,
  work: (request: RequestWork) => T,
): T => {
  const request = new RequestWork(timeoutMs, leftMs, current.getStore());
  return current.run(request, () => work(request));
};

/**
 * Runs `work` for nobody's request: bookkeeping that must be finished whatever becomes of the request (idempotency keys),
 * what no reader can see yet (staged bytes), and what goes on for longer.
 */
export const apart = <T>(work: () => T): T => current.run(undefined, work);
