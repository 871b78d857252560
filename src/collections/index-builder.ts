import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { messageOf } from '../common/message-of';
import { Database } from '../database/database.port';
import type { Scope } from '../common/scope';
import type { Operation } from '../operations/operation';
import { OperationsService } from '../operations/operations.service';
import { recordsTable, type Collection } from './collection';
import { CollectionMetrics } from './collection-metrics';
import { CollectionsRepository } from './collections.repository';
import { fillInSlices } from './index-slices';
import { isInBuild, isOutsideBuild, vectorIndexDdl, vectorIndexName } from './adapters/pgvector/vector-sql';
import { servingIndex } from './compression/compression-state';

const BACKGROUND_PIECE = {
  name: 'index_builder',
  description: 'Moves new records into the vector indexes.',
  /** How often collections are looked at for records that their vector index does not hold. */
  intervalMs: 1_000,
  role: 'worker',
} as const;
/** So few are found by an exact scan in a millisecond or two; an index would not be asked. */
const MIN_RECORDS = 2_000;
/** A tail so short that its exact scan costs next to nothing. */
const SHORT_TAIL = 200;
/** pgvector's README: inverted lists made from few rows have poor recall. */
const ROWS_PER_LIST = 30;

/** After a fault of its own a collection waits, twice as long each time. */
const FIRST_REST_MS = 2_000;
const LONGEST_REST_MS = 600_000;

type Report = (progress: Record<string, unknown>) => Promise<void>;

interface Pending {
  /** Exact while small, at least this many otherwise. */
  readonly records: number;
  readonly unindexed: number;
}

/**
 * Moves records into the vector indexes, a slice at a time. A write lands outside the index (it is partial, `where
 * indexed`) and is found by an exact scan, so that writing costs nothing extra and is visible at once; this worker marks
 * rows as indexed, which inserts them. Nothing ever waits for a build longer than one slice, on either engine.
 */
@Injectable()
export class IndexBuilder implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private readonly loop: BackgroundLoop;
  private readonly log = new Logger(IndexBuilder.name);
  /** Collections that failed, by their id: how long they wait, and until when by `performance.now()`. */
  private readonly resting = new Map<number, { readonly ms: number; readonly until: number }>();

  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly operations: OperationsService,
    private readonly metrics: CollectionMetrics,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, () => this.buildAll(), {
      firstMs: BACKGROUND_PIECE.intervalMs,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
  }

  /** Public for tests. */
  async buildAll(): Promise<void> {
    for (const collection of await this.collections.all()) {
      if (performance.now() < (this.resting.get(collection.id)?.until ?? 0)) continue;
      await this.build(collection).then(
        () => this.resting.delete(collection.id),
        (error: unknown) => this.pauseCollection(collection, error),
      );
    }
  }

  /** One collection's fault, such as a number that its index can't hold, must not keep the others from their indexes. */
  private pauseCollection(collection: Collection, error: unknown): void {
    const code = String((error as { code?: unknown }).code);
    if (!OWN_FAULT.test(code)) throw error;
    if (code === DROPPED) return;
    const ms = Math.min(LONGEST_REST_MS, 2 * (this.resting.get(collection.id)?.ms ?? FIRST_REST_MS / 2));
    this.resting.set(collection.id, { ms, until: performance.now() + ms });
    this.log.warn(`The vector index of "${collection.name}" waits for ${ms / 1_000} s: ${messageOf(error)}`);
    this.loop.recordFault(error);
  }

  /** Indexes what is pending in one collection. Public for tests and for the CLI. */
  async build(collection: Collection): Promise<void> {
    if (!hasIndex(collection) || this.isStopping) return;
    const pending = await this.pending(collection);
    if (pending.records < MIN_RECORDS || pending.unindexed < SHORT_TAIL) return;
    const scope = { projectId: collection.projectId, projectName: '' };
    const operation = await this.operationFor(scope, collection, pending);
    const done = this.metrics.startBuild();
    let moved = 0;
    let fault: unknown;
    const fill = async (report: Report): Promise<{ indexed: number }> => {
      try {
        const result = await this.indexPending(collection, pending, report);
        moved = result.indexed;
        return result;
      } catch (error) {
        fault = error;
        throw error;
      }
    };
    try {
      if (operation === undefined) await fill(() => Promise.resolve());
      else await this.operations.follow(scope, operation, fill);
    } finally {
      done(moved);
    }
    // An operation keeps it to itself.
    if (fault !== undefined) throw fault as Error;
    // Marking left a dead copy of every row. The embedded engine has no autovacuum, and a server's comes later.
    await this.database.system.query(`vacuum (analyze) ${recordsTable(collection)}`);
  }

  /** A first build is shown as an operation; keeping up with writes is not, nor is another attempt. */
  private async operationFor(
    scope: Scope,
    collection: Collection,
    pending: Pending,
  ): Promise<Operation<'index_build'> | undefined> {
    if (pending.unindexed < pending.records / 2 || this.resting.has(collection.id)) return undefined;
    return await this.operations.create(scope, 'index_build', collection.name);
  }

  private async indexPending(collection: Collection, pending: Pending, report: Report): Promise<{ indexed: number }> {
    if (collection.settings.vector_index.type === 'ivfflat') return await this.fillLists(collection, pending);
    const { database, stopping } = this;
    const moved = (done: number): Promise<void> =>
      report({ done, total: Math.max(done, pending.unindexed), unit: 'records' });
    const index = servingIndex(collection.settings);
    return { indexed: await fillInSlices(database, collection, index, stopping.signal, moved) };
  }

  /** Inverted lists are built by clustering the existing rows, so all are marked first. */
  private async fillLists(collection: Collection, pending: Pending): Promise<{ indexed: number }> {
    const { vector_index: index } = collection.settings;
    const table = recordsTable(collection);
    const exists = await this.database.system.query('select from pg_class where relname = $1', [
      vectorIndexName(collection),
    ]);
    if (exists.rowCount === 0 && index.type === 'ivfflat' && pending.records < index.lists * ROWS_PER_LIST)
      return { indexed: 0 };
    const { rowCount } = await this.database.system.query(`update ${table} set indexed = true where not indexed`);
    if (exists.rowCount === 0) await this.database.system.query(String(vectorIndexDdl(collection)));
    return { indexed: rowCount };
  }

  private async pending(collection: Collection): Promise<Pending> {
    const table = recordsTable(collection);
    const index = servingIndex(collection.settings);
    const { rows } = await this.database.system.query<{ unindexed: number; records: number }>(
      `select (select count(*) from ${table} where ${isOutsideBuild(index)}) as unindexed,
         (select count(*) from (select from ${table} where ${isInBuild(index)} limit ${MIN_RECORDS}) held) as records`,
    );
    const unindexed = Number(rows[0]?.unindexed ?? 0);
    return { unindexed, records: unindexed + Number(rows[0]?.records ?? 0) };
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }
}

/** Values and expressions that an index can't hold, a dropped table, a damaged index: of one collection, not of the database. */
const OWN_FAULT = /^(?:22|42|54|XX)/;
const DROPPED = '42P01';

const hasIndex = ({ settings }: Collection): boolean =>
  settings.vector_index.type !== 'flat' && servingIndex(settings).codes.kind !== 'none';
