import { tookTooLong } from '../../common/errors';
import { currentRequest, type Receipt, type RequestWork } from '../../common/request-work';
import type { Executor, QueryResult } from '../database.port';
import { isConnectionLoss, outcomeUnknown, SERVICE } from './faults';
import type { Session } from './session';
import { kindOf } from './statement-kind';
import { tracedStatement } from './statement-span';

interface TransactionRun {
  readonly timeoutMs: number;
  /** Whether the engine bounds statements itself, and a connection with one under way may be dropped at once. */
  readonly remote: boolean;
  /** Called exactly once, when the session is clean again or dead. */
  readonly release: () => void;
}

/** A BEGIN waits for nothing: without an answer the engine is down or the connection is broken. */
const BEGIN_MS = 2_000;
/** For COMMIT and ROLLBACK. */
const CONTROL_MS = 10_000;
const STATEMENT_GRACE_MS = 500;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The statements of one transaction. Rejects every statement after the transaction has ended. */
class TransactionExecutor implements Executor {
  private ended: Error | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private pending = 0;
  private mayHaveWritten = false;
  private changedRows = false;

  constructor(
    private readonly session: Session,
    private readonly limitMs: number,
  ) {}

  get isReading(): boolean {
    return !this.mayHaveWritten;
  }

  /** Whether a statement reported rows that it wrote. */
  get hasChanges(): boolean {
    return this.changedRows;
  }

  query<Row = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    this.pending += 1;
    const isReading = kindOf(sql) === 'read';
    this.mayHaveWritten ||= !isReading;
    const result = this.running.then(() => {
      if (this.ended) throw this.ended;
      return tracedStatement(sql, () => this.session.query<Row>(sql, params, this.limitMs));
    });
    this.running = result.then(
      ({ rowCount }) => {
        this.pending -= 1;
        this.changedRows ||= !isReading && rowCount > 0;
      },
      () => (this.pending -= 1),
    );
    return result;
  }

  get isBusy(): boolean {
    return this.pending > 0;
  }

  /** Resolves when the statement under way, if any, is done. */
  async end(reason: Error): Promise<void> {
    this.ended ??= reason;
    await this.running;
  }
}

/**
 * Commits when `work` resolves, rolls back otherwise; the timer rolls back a `work` that never settles. For a request
 * the time ends with its deadline, and no COMMIT is sent after that: a request that timed out was not applied.
 */
export async function inTransaction<T>(
  session: Session,
  work: (tx: Executor) => Promise<T>,
  run: TransactionRun,
): Promise<T> {
  const request = currentRequest();
  const timeoutMs = Math.min(run.timeoutMs, request?.remainingMs ?? Number.POSITIVE_INFINITY);
  const receipts = request?.receipts ?? [];
  const executor = new TransactionExecutor(session, run.remote ? timeoutMs + STATEMENT_GRACE_MS : MAX_TIMER_MS);
  await begin(session, { ...run, timeoutMs });
  let result: T;
  let left: readonly Receipt[];
  try {
    [result, left] = await withTimeout(timeoutMs, complete(session, executor, work, receipts));
    await executor.end(new Error('The transaction is over.'));
    if (!executor.isReading) request?.mustGoOn();
  } catch (error) {
    if (run.remote && executor.isBusy) drop(session);
    // Not awaited: the caller gets the error at once; the session is released when it is clean.
    void rollBack(session, executor).finally(run.release);
    throw error;
  }
  try {
    await commit(session, executor.isReading ? undefined : request);
    for (const receipt of left) receipt.kept?.();
    return result;
  } finally {
    run.release();
  }
}

/** Receipts come last, so that their rows are locked only during the commit. */
async function complete<T>(
  session: Session,
  executor: TransactionExecutor,
  work: (tx: Executor) => Promise<T>,
  receipts: readonly Receipt[],
): Promise<[T, readonly Receipt[]]> {
  const result = await work(executor);
  if (executor.isReading) return [result, []];
  const due = receipts.filter(({ onlyWithChanges }) => onlyWithChanges !== true || executor.hasChanges);
  await writeReceipts(due, session, executor);
  return [result, due];
}

async function writeReceipts(receipts: readonly Receipt[], { tenant }: Session, executor: Executor): Promise<void> {
  let current = tenant;
  for (const { projectId, leave: write } of receipts) {
    if (current !== 'system' && current !== projectId) {
      await executor.query(`select set_config('zerodb.project_id', $1, true)`, [String(projectId)]);
      current = projectId;
    }
    await write((sql, params) => executor.query(sql, params));
  }
}

async function begin(session: Session, { timeoutMs, remote, release }: TransactionRun): Promise<void> {
  // One round trip for both. Zero would mean no limit at all.
  const limit = Math.max(1, Math.ceil(timeoutMs));
  try {
    if (remote) await session.query(`BEGIN; SET LOCAL statement_timeout = ${limit}`, undefined, BEGIN_MS);
    else await session.query('BEGIN', undefined, CONTROL_MS);
  } catch (error) {
    release();
    throw error;
  }
}

/** Also cancels the running statement: otherwise the server would hold its locks until its own limit. */
function drop(session: Session): void {
  session.cancel();
  session.destroy(new Error('Connection terminated: its transaction ran out of time'));
}

async function commit(session: Session, request: RequestWork | undefined): Promise<void> {
  const ended = request?.commits();
  try {
    const { command } = await tracedStatement('COMMIT', () => session.query('COMMIT', undefined, CONTROL_MS));
    if (command === 'ROLLBACK') throw new Error('A statement of the transaction had failed; nothing was committed.');
    ended?.('committed');
  } catch (error) {
    ended?.(isConnectionLoss(error) ? 'unsure' : 'refused');
    throw isConnectionLoss(error) ? outcomeUnknown(error) : error;
  }
}

async function rollBack(session: Session, executor: TransactionExecutor): Promise<void> {
  await executor.end(new Error('The transaction is over.'));
  if (session.isDead) return;
  await session.query('ROLLBACK', undefined, CONTROL_MS).catch((error: unknown) => session.destroy(error as Error));
}

async function withTimeout<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(tookTooLong(SERVICE, new Error(`the transaction was rolled back after ${ms} ms`))),
      ms,
    );
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
