import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import { Database } from '../../database/database.port';
import { metadataIndexDdl, metadataIndexName } from '../../database/filter/metadata-index';
import { OperationsService } from '../../operations/operations.service';
import { recordsTable, type Collection } from '../collection';
import { CollectionsRepository } from '../collections.repository';
import { SlowFiltersRepository, type Build } from './slow-filters.repository';

const PIECE = {
  name: 'metadata_indexes',
  description: 'Builds the indexes on metadata fields that were asked for by advice.',
  intervalMs: 2_000,
  role: 'worker',
} as const;

const BEAT_MS = 10_000;

/**
 * Builds indexes beside what runs: on a server nobody waits for them. Searches use one once it is declared, which comes last;
 * a process that dies before leaves an index that the next attempt finishes or replaces. Replicas share the work by leases.
 */
@Injectable()
export class MetadataIndexBuilder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(MetadataIndexBuilder.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly repository: SlowFiltersRepository,
    private readonly operations: OperationsService,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(PIECE, (signal) => this.buildAll(signal), { firstMs: PIECE.intervalMs });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** What was requested begins now, not at the next look. */
  wake(): void {
    this.loop.wake();
  }

  /** All that waits. Public for tests. */
  async buildAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const token = newId();
      const wanted = await this.repository.take(token);
      if (!wanted) return;
      await this.turn(wanted, token);
    }
  }

  private async turn(wanted: Build, token: string): Promise<void> {
    const beat = setInterval(() => void this.repository.prolong(token).catch(() => undefined), BEAT_MS);
    try {
      await this.build(wanted, token);
    } catch (error) {
      this.log.warn(`The index on "${wanted.field}" waits: ${messageOf(error)}`);
      await this.repository.release(token);
      this.loop.recordFault(error);
    } finally {
      clearInterval(beat);
    }
  }

  private async build(wanted: Build, token: string): Promise<void> {
    const collection = await this.collections.byId(wanted.collectionId);
    // Dropped meanwhile: the request went with it.
    if (!collection) return;
    const scope = { projectId: collection.projectId, projectName: '' };
    await this.create(collection, wanted);
    if (!(await this.repository.declare(token, wanted))) return;
    const result = { field: wanted.field, type: wanted.type };
    await this.operations.updateRunning(scope, wanted.operation, 'succeeded', { result });
  }

  private async create(collection: Collection, wanted: Build): Promise<void> {
    const table = recordsTable(collection);
    const { system, engine } = this.database;
    const name = metadataIndexName(table, wanted);
    const concurrently = engine === 'server';
    // A concurrent build that was interrupted leaves an index that is never used.
    const { rowCount } = await system.query(
      'select from pg_index where indexrelid = to_regclass($1) and not indisvalid',
      [name],
    );
    if (rowCount > 0) await system.query(`drop index ${concurrently ? 'concurrently ' : ''}if exists ${name}`);
    await system.query(metadataIndexDdl(table, wanted, { concurrently }));
    // Without statistics of its values the planner would not know when it is worth using.
    await system.query(`analyze ${table}`);
  }
}
