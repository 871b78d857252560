import type { Scope } from '../../common/scope';
import type { ChangeFeed } from '../../database/change-feed.port';
import type { Executor } from '../../database/database.port';
import type { Collection } from '../collection';

/**
 * Reports written or deleted records to the change feed, in the same transaction; costs nothing without subscribers.
 */
export async function tellOfRecords(
  feed: ChangeFeed,
  tx: Executor,
  { scope, collection }: { readonly scope: Scope; readonly collection: Collection },
  type: 'zerodb.record.upserted' | 'zerodb.record.deleted',
  records: readonly { readonly id: string; readonly version?: number | undefined }[],
): Promise<void> {
  if (records.length === 0 || !(await feed.hasSubscriber(scope, type))) return;
  await feed.append(
    tx,
    scope,
    records.map((record) => ({
      type,
      subject: `collections/${collection.name}/records/${record.id}`,
      data: { collection: collection.name, ...record },
    })),
  );
}
