import type { QueryRunner } from 'typeorm';
import { explainLocks } from './explain-locks';

/**
 * Runs statements that lock tables in use. Whoever waits for such a lock holds up all that come after: it gives up after 5 seconds,
 * and the migration with it, to be started again.
 */
export async function inTime(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  await runner.query(`set local lock_timeout = '5s'`);
  for (const statement of statements) await runner.query(statement).catch(explainLocks);
  await runner.query('set local lock_timeout = 0');
}
