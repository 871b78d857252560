import { newId } from '../common/ids';
import type { Executor } from '../database/database.port';
import type { OperationKind } from './operation.schemas';

/** What an operation is made with, in the transaction that decides on its work. */
export interface NewOperation {
  readonly projectId: number;
  readonly kind: OperationKind;
  readonly subject: string;
}

/** Returns its id. It runs once `tx` is committed. */
export async function beginOperation(tx: Executor, { projectId, kind, subject }: NewOperation): Promise<string> {
  const id = newId();
  await tx.query(
    `insert into zerodb_operations (id, project_id, kind, subject, state) values ($1, $2, $3, $4, 'running')`,
    [id, projectId, kind, subject],
  );
  return id;
}

/** Ends it with its result, unless it has ended already. */
export async function completeOperation(tx: Executor, id: string, result: unknown): Promise<void> {
  await tx.query(
    `update zerodb_operations set state = 'succeeded', result = $2::jsonb, updated_at = now() where id = $1 and state = 'running'`,
    [id, JSON.stringify(result)],
  );
}

/** Ends it as failed with `cancelled`, unless it has ended already. */
export async function cancelOperation(tx: Executor, id: string, message: string): Promise<void> {
  await tx.query(
    `update zerodb_operations set state = 'failed', error = $2::jsonb, updated_at = now() where id = $1 and state = 'running'`,
    [id, JSON.stringify({ code: 'cancelled', message })],
  );
}
