import type { Executor, QueryResult } from '../database.port';
import { isConnectionLoss, outcomeUnknown, timedOut } from './faults';
import type { Session } from './session';
import { tracedStatement } from './statement-span';

interface TransactionRun {
  readonly timeoutMs: number;
  /** Whether the engine bounds statements itself, and a connection with one under way may be dropped at once. */
  readonly remote: boolean;
  /** Called exactly once, when the session is clean again or dead. */
  readonly release: () => void;
}

/** A BEGIN waits for nothing: an engine that does not answer it is not there, or the connection is not. */
const BEGIN_MS = 2_000;
/** For COMMIT and ROLLBACK. */
const CONTROL_MS = 10_000;
const STATEMENT_GRACE_MS = 500;
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The statements of one transaction. Refuses once the transaction has ended, however it ended. */
class TransactionExecutor implements Executor {
  private ended: Error | undefined;
  private running: Promise<unknown> = Promise.resolve();
  private pending = 0;

  constructor(
    private readonly session: Session,
    private readonly limitMs: number,
  ) {}

  query<Row = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    this.pending += 1;
    const result = this.running.then(() => {
      if (this.ended) throw this.ended;
      return tracedStatement(sql, () => this.session.query<Row>(sql, params, this.limitMs));
    });
    this.running = result.then(
      () => (this.pending -= 1),
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

/** Commits when `work` resolves, rolls back otherwise; a `work` that never settles is rolled back by the timer. */
export async function inTransaction<T>(
  session: Session,
  work: (tx: Executor) => Promise<T>,
  { timeoutMs, remote, release }: TransactionRun,
): Promise<T> {
  const executor = new TransactionExecutor(session, remote ? timeoutMs + STATEMENT_GRACE_MS : MAX_TIMER_MS);
  const begin = remote ? `BEGIN; SET LOCAL statement_timeout = ${Math.ceil(timeoutMs)}` : 'BEGIN';
  try {
    await session.query(begin, undefined, remote ? BEGIN_MS : CONTROL_MS);
  } catch (error) {
    release();
    throw error;
  }
  let result: T;
  try {
    result = await within(timeoutMs, work(executor));
    await executor.end(new Error('The transaction is over.'));
  } catch (error) {
    if (remote && executor.isBusy) session.abandon(new Error('Connection terminated: its transaction ran out of time'));
    // Not awaited: the caller hears at once; the session is released when it is clean.
    void rollBack(session, executor).finally(release);
    throw error;
  }
  try {
    await commit(session);
    return result;
  } finally {
    release();
  }
}

async function commit(session: Session): Promise<void> {
  try {
    const { command } = await tracedStatement('COMMIT', () => session.query('COMMIT', undefined, CONTROL_MS));
    if (command === 'ROLLBACK') throw new Error('A statement of the transaction had failed; nothing was committed.');
  } catch (error) {
    throw isConnectionLoss(error) ? outcomeUnknown(error) : error;
  }
}

async function rollBack(session: Session, executor: TransactionExecutor): Promise<void> {
  await executor.end(new Error('The transaction is over.'));
  if (session.isDead) return;
  await session.query('ROLLBACK', undefined, CONTROL_MS).catch((error: unknown) => session.abandon(error as Error));
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(`the transaction was rolled back after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
