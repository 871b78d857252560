import type { Session } from '../sessions/session';
import { rowsOf } from './rows-of';

const LOCK_WAIT = '500ms';
const ROUNDS = 5;
const PAUSE_MS = 1_000;
/** `lock_not_available` and `deadlock_detected`. */
const IN_USE = ['55P03', '40P01'];
const UNDEFINED_TABLE = '42P01';

/**
 * Runs the statements of each table in a separate transaction. What changes a table locks it. Behind a long
 * statement everybody else would wait for us: so we wait little, and try again after the other tables. Returns the tables that
 * were in use all the time. One that was dropped meanwhile needs nothing.
 */
export async function oneByOne(session: Session, wanted: ReadonlyMap<string, string>): Promise<string[]> {
  let left = [...wanted];
  for (let round = 1; left.length > 0 && round <= ROUNDS; round++) {
    if (round > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const busy: typeof left = [];
    for (const [table, statements] of left) {
      if (!(await runUnlessBusy(session, statements))) busy.push([table, statements]);
    }
    left = busy;
  }
  return left.map(([table]) => table);
}

async function runUnlessBusy(session: Session, statements: string): Promise<boolean> {
  try {
    // Statements that are sent together run in one transaction.
    await rowsOf(session, `SET LOCAL lock_timeout = '${LOCK_WAIT}';${statements}`);
    return true;
  } catch (error) {
    const codes = codesOf(error);
    if (codes.includes(UNDEFINED_TABLE)) return true;
    if (codes.some((code) => IN_USE.includes(code))) return false;
    throw error;
  }
}

function codesOf(error: unknown): string[] {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [String(code), String(cause?.code)];
}
