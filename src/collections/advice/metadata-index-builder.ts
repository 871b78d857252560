import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import { createIndex } from '../../database/create-index';
import { Database } from '../../database/database.port';
import { metadataIndexDdl, metadataIndexName } from '../../database/filter/metadata-index';
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
      await this.turn(wanted, token, signal);
    }
  }

  /** When the process stops, another one builds it: the database cancels what is under way. */
  private async turn(wanted: Build, token: string, signal: AbortSignal): Promise<void> {
    const beat = setInterval(() => void this.repository.prolong(token).catch(() => undefined), BEAT_MS);
    try {
      await unlessAborted(signal, this.build(wanted, token));
    } catch (error) {
      // Without an answer the lease expires.
      await this.repository.release(token).catch(() => undefined);
      if (signal.aborted) return;
      this.log.warn(`The index on "${wanted.field}" waits: ${messageOf(error)}`);
      this.loop.recordFault(error);
    } finally {
      clearInterval(beat);
    }
  }

  private async build(wanted: Build, token: string): Promise<void> {
    const collection = await this.collections.byId(wanted.collectionId);
    // Dropped meanwhile: the request went with it.
    if (!collection) return;
    await this.repository.declare(token, wanted, await this.create(collection, wanted));
  }

  /** Returns how many records it holds. */
  private async create(collection: Collection, wanted: Build): Promise<number> {
    const { database } = this;
    const table = recordsTable(collection);
    const name = metadataIndexName(table, wanted);
    await createIndex(database, name, metadataIndexDdl(table, wanted, { concurrently: database.engine === 'server' }));
    // As the build has counted them, which the next statement estimates.
    const { rows } = await database.system.query<{ held: number }>(
      'select greatest(0, reltuples)::bigint as held from pg_class where oid = to_regclass($1)',
      [name],
    );
    // Without statistics of its values the planner would not know when it is worth using.
    await database.system.query(`analyze ${table}`);
    return Number(rows[0]?.held ?? 0);
  }
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const give = (): void => reject(signal.reason as Error);
    if (signal.aborted) give();
    signal.addEventListener('abort', give, { once: true, signal: ended.signal });
  });
  return await Promise.race([work, aborted]).finally(() => ended.abort());
}
