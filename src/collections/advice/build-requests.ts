import type { Executor } from '../../database/database.port';
import { cancelOperation } from '../../operations/operation-rows';

/**
 * Ends the requests for metadata indexes of a collection that is about to go, which takes their rows with it. The caller has locked
 * the collection: whoever locks both takes it before them.
 */
export async function cancelBuilds(tx: Executor, collectionId: number, message: string): Promise<void> {
  const { rows } = await tx.query<{ operation: string }>(
    `delete from zerodb_slow_filters where collection_id = $1 and build_operation is not null
     returning build_operation as operation`,
    [collectionId],
  );
  for (const { operation } of rows) await cancelOperation(tx, operation, message);
}

/**
 * Slow filters, and the indexes that were asked for, concern another collection from now on: it serves under the same name. A build
 * that runs has lost its lease, and begins again there.
 */
export async function moveSlowFilters(tx: Executor, fromId: number, toId: number): Promise<void> {
  await cancelBuilds(tx, toId, 'The collection was exchanged for the one with the former model.');
  await tx.query('delete from zerodb_slow_filters where collection_id = $1', [toId]);
  await tx.query(
    `update zerodb_slow_filters set collection_id = $2, lease_token = null, lease_until = null, run_after = now(), attempts = 0
     where collection_id = $1`,
    [fromId, toId],
  );
}
