import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CollectionsRepository } from '../../collections/collections.repository';
import { deletePostings } from '../../keyword/postings';
import { RecordsRepository } from '../../collections/records/records.repository';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { releaseReferences } from '../../database/graph-references';
import { MEMORY_COLLECTION } from './memory-collection';

const BACKGROUND_PIECE = {
  name: 'memory_expiry',
  description: 'Removes memories that have expired, with their history.',
  intervalMs: 10_000,
  role: 'any',
} as const;
const SLICE = 200;

interface Expired {
  readonly id: string;
  readonly project_id: number;
}

/** Removes what has expired, with its history. It was hidden from the moment on at which it expired. */
@Injectable()
export class MemoryExpiry implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly records: RecordsRepository,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, () => this.work());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Removes one slice. Whether there may be more. */
  async work(): Promise<boolean> {
    const { rows } = await this.database.system.query<Expired>(
      `select id, project_id from zerodb_memory_records
       where expires_at <= now() and deleted_at is null order by expires_at limit ${SLICE}`,
    );
    if (rows.length === 0) return false;
    for (const projectId of new Set(rows.map((row) => row.project_id))) {
      const scope: Scope = { projectId, projectName: '' };
      const collection = await this.collections.find(scope, MEMORY_COLLECTION);
      if (!collection) continue;
      const ids = rows.filter((row) => row.project_id === projectId).map((row) => row.id);
      await this.database.transaction(scope, async (tx) => {
        // Looked at again: its expiry may have been moved meanwhile.
        const gone = await tx.query<{ id: string }>(
          `delete from zerodb_memory_records where project_id = $1 and id = any($2::text[]) and expires_at <= now() returning id`,
          [scope.projectId, ids],
        );
        const removed = gone.rows.map((row) => row.id);
        await this.records.deleteIn(tx, collection, { ids: removed });
        await deletePostings(tx, collection, removed);
        await releaseReferences(tx, scope.projectId, { kind: 'memory', ids: removed });
      });
    }
    return rows.length === SLICE;
  }
}
