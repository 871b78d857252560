import type { Session } from '../sessions/session';

const LIMIT_MS = 60_000;

/** The rows of one statement at start-up, when no request is waiting yet. */
export async function rowsOf<Row>(session: Session, sql: string, params?: readonly unknown[]): Promise<Row[]> {
  return (await session.query<Row>(sql, params, LIMIT_MS)).rows;
}
