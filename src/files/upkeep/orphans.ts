import { Inject, Injectable } from '@nestjs/common';
import { filesConfig, type FilesSettings } from '../../config';
import { isObjectKey } from '../blobs/object-key';
import { FileMetrics } from '../file-metrics';
import { FileStores } from '../stores/file-stores';
import type { StoreHandle } from '../stores/store-handle';
import { UpkeepRepository } from './upkeep.repository';

const PAGE = 500;

export interface OrphanReport {
  /** Objects without a row. */
  readonly found: number;
  /** Those older than the grace period, which were removed. */
  readonly removed: number;
}

/**
 * Finds bytes of files without a row, as a restored database lost them. Other objects in the same bucket, such as
 * backups, are left alone.
 */
@Injectable()
export class Orphans {
  constructor(
    private readonly stores: FileStores,
    private readonly repository: UpkeepRepository,
    private readonly metrics: FileMetrics,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  /** Searches every available store; `prefix` selects one project, or all. */
  async remove(prefix: string, signal?: AbortSignal): Promise<OrphanReport> {
    let found = 0;
    let removed = 0;
    for (const handle of this.stores.all().filter((one) => one.admits('write'))) {
      for await (const { key, modifiedAt } of this.unknown(handle, prefix, signal)) {
        found += 1;
        if (Date.now() - modifiedAt.getTime() < this.settings.graceSeconds * 1000) continue;
        await handle.write(0, 0, (inner) => handle.store.remove(key, inner), signal);
        this.metrics.orphans.inc({ store: handle.name });
        removed += 1;
      }
    }
    return { found, removed };
  }

  private async *unknown(handle: StoreHandle, prefix: string, signal: AbortSignal | undefined) {
    let after: string | undefined;
    do {
      const from = after;
      // Through the gate for writes, which creates the bucket, so that a new store lists nothing instead of failing.
      const page = await handle.write(
        0,
        0,
        (inner) => handle.store.list(prefix, { after: from, limit: PAGE }, inner),
        signal,
      );
      const own = page.objects.filter(({ key }) => isObjectKey(key));
      const known = await this.repository.existingKeys(own.map(({ key }) => key));
      yield* own.filter(({ key }) => !known.has(key));
      after = page.next;
    } while (after !== undefined);
  }
}
