import pino from 'pino';
import { BackgroundWork } from '../../src/common/background-work';
import type { Scope } from '../../src/common/scope';
import { CollectionMetrics } from '../../src/collections/collection-metrics';
import { CollectionsRepository } from '../../src/collections/collections.repository';
import { CollectionsService } from '../../src/collections/collections.service';
import { PgVectorStore } from '../../src/collections/adapters/pgvector/pgvector.store';
import { AdviceService } from '../../src/collections/advice/advice.service';
import { MetadataIndexBuilder } from '../../src/collections/advice/metadata-index-builder';
import { SlowFilters } from '../../src/collections/advice/slow-filters';
import { SlowFiltersRepository } from '../../src/collections/advice/slow-filters.repository';
import { AdvancedRepository } from '../../src/collections/advanced/advanced.repository';
import { AdvancedService } from '../../src/collections/advanced/advanced.service';
import { IndexBuilder } from '../../src/collections/index-builder';
import { IndexedWait } from '../../src/collections/records/indexed-wait';
import { RecordLimits } from '../../src/collections/records/record-input';
import { RecordsRepository } from '../../src/collections/records/records.repository';
import { RecordsService } from '../../src/collections/records/records.service';
import { CachedSearch } from '../../src/collections/search/cached-search';
import { CheckedSearch } from '../../src/collections/search/checked-search';
import { Hydration } from '../../src/collections/search/hydration';
import { KeywordStore } from '../../src/collections/search/keyword.store';
import type { Replica } from '../../src/collections/replica/replica.port';
import { RecordStates } from '../../src/collections/search/record-state';
import { ResultCacheMetrics } from '../../src/collections/search/result-cache-metrics';
import { SearchMetrics } from '../../src/collections/search/search-metrics';
import { NamedSearch } from '../../src/collections/search/named-search';
import { SearchService } from '../../src/collections/search/search.service';
import { VectorSearch } from '../../src/collections/search/vector-search';
import { WarmUp } from '../../src/collections/search/warm-up';
import { TransferService } from '../../src/collections/transfer/transfer.service';
import type { SearchSettings } from '../../src/config';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import type { EmbeddingProvider } from '../../src/embeddings/embedding-provider.port';
import { FollowerWakeup } from '../../src/followers/follower-wakeup';
import { Budget } from '../../src/orchestrator/hedge-budget';
import { Metrics } from '../../src/telemetry/metrics';
import { OperationsService } from '../../src/operations/operations.service';
import { openTestDatabase } from './database';
import { PostgresAway } from '../../src/registry/postgres-away';
import { QuietChanges } from './quiet-changes';
import { StillRegistry } from './registry';
import { OperationEntity } from '../../src/operations/operation.entity';
import { OperationsRepository } from '../../src/operations/operations.repository';
import { repositoryOf } from './entities';
import { WordEmbeddings } from './word-embeddings';

/** The capabilities of the record on a real database; only the embedding model is a fake. */
export async function openRecord(engine: 'embedded' | 'server') {
  return await openRecordWith(engine, new WordEmbeddings());
}

/** The same with another embedding model. */
export async function openRecordWith<E extends EmbeddingProvider>(engine: 'embedded' | 'server', embeddings: E) {
  const { database, options, drop } = await openTestDatabase(engine);
  return { ...(await recordOn(database, embeddings)), options, drop };
}

/** The same on a database that is open already: another replica, with caches of its own. */
export async function recordOn<E extends EmbeddingProvider>(database: SessionDatabase, embeddings: E) {
  const changes = new QuietChanges();
  const wakeup = new FollowerWakeup();
  const measured = new Metrics();
  const collectionMetrics = new CollectionMetrics(measured);
  const repository = new CollectionsRepository(database, changes);
  const collections = new CollectionsService(repository, embeddings);
  const recordsRepository = new RecordsRepository(database, changes, wakeup);
  const records = new RecordsService(
    collections,
    recordsRepository,
    embeddings,
    new RecordLimits(),
    new IndexedWait(database),
    collectionMetrics,
  );
  const vectors = new PgVectorStore(database);
  const slowRepository = new SlowFiltersRepository(database);
  const slow = new SlowFilters(database, slowRepository, new BackgroundWork('all'));
  const registry = new StillRegistry();
  const metrics = new SearchMetrics(measured);
  const silent = pino({ level: 'silent' });
  /** As the product routes it, with a follower's copies or without. Hedges depend on the clock: only where they are asked for. */
  const routed = (replica?: Replica, hedges = NO_HEDGES): VectorSearch =>
    new VectorSearch(
      vectors,
      new CheckedSearch(new Hydration(database)),
      registry,
      metrics,
      new WarmUp(vectors, metrics, silent),
      new PostgresAway(database, registry),
      silent,
      replica ?? null,
      hedges,
      slow,
    );
  const keywords = new KeywordStore(database);
  const searchWith = (replica?: Replica, hedges?: Budget): SearchService =>
    new SearchService(
      collections,
      recordsRepository,
      routed(replica, hedges),
      keywords,
      embeddings,
      collectionMetrics,
      new NamedSearch(database, recordsRepository),
    );
  const search = searchWith();
  /** As requests search: with the answers of earlier ones. */
  const cachedWith = (replica?: Replica, settings: Partial<SearchSettings> = {}): CachedSearch =>
    new CachedSearch(
      { cacheMb: 1, cacheFor: 'postgres', ...settings },
      { provider: 'local' },
      searchWith(replica),
      collections,
      routed(replica),
      keywords,
      new RecordStates(database),
      new PostgresAway(database, registry),
      new ResultCacheMetrics(new Metrics()),
    );
  const advanced = new AdvancedService(
    collections,
    recordsRepository,
    search,
    routed(),
    new AdvancedRepository(database),
  );
  const transfer = new TransferService(collections, records, recordsRepository);
  const operations = new OperationsService(new OperationsRepository(await repositoryOf(database, OperationEntity)));
  const metadataIndexes = new MetadataIndexBuilder(database, repository, slowRepository, new BackgroundWork('all'));
  const advice = new AdviceService(collections, slow, slowRepository, metadataIndexes, database);
  const indexes = new IndexBuilder(database, repository, operations, collectionMetrics, new BackgroundWork('all'));
  return {
    database,
    embeddings,
    changes,
    wakeup,
    collectionMetrics,
    repository,
    recordsRepository,
    collections,
    records,
    search,
    searchWith,
    cachedWith,
    registry,
    vectors,
    advanced,
    transfer,
    operations,
    indexes,
    slow,
    advice,
    metadataIndexes,
    scope: await scopeOf('default'),
    /** A project of its own. */
    async project(name: string): Promise<Scope> {
      await database.system.query('insert into zerodb_projects (name) values ($1)', [name]);
      return await scopeOf(name);
    },
  };

  async function scopeOf(name: string): Promise<Scope> {
    const sql = 'select id from zerodb_projects where name = $1';
    const { rows } = await database.system.query<{ id: number }>(sql, [name]);
    return { projectId: Number(rows[0]?.id), projectName: name };
  }
}

export type OpenRecord = Awaited<ReturnType<typeof openRecord>>;

const NO_HEDGES = new Budget(0, 0);

export const EVERYTHING = { metadata: true, text: true, vector: true };
export const IDS_ONLY = { metadata: false, text: false, vector: false };

export const randomVector = (random: () => number, dimension: number): number[] =>
  Array.from({ length: dimension }, () => Math.fround(random() * 2 - 1));
