import { BackgroundWork } from '../../src/common/background-work';
import { ReembeddingTexts } from '../../src/collections/reembedding/reembedding-texts';
import { ErasureParticipants } from '../../src/erasure/erasure-participant';
import { ErasuresRepository } from '../../src/erasure/erasures.repository';
import { ErasureService } from '../../src/erasure/erasure.service';
import { FollowersErasure } from '../../src/memory/erasure/followers-erasure';
import { PostgresErasure } from '../../src/memory/erasure/postgres-erasure';
import type { ChatModel } from '../../src/memory/extraction/chat-model.port';
import { Extractor } from '../../src/memory/extraction/extractor';
import { MemoryCollection } from '../../src/memory/indexing/memory-collection';
import { MemoryEmbedder } from '../../src/memory/indexing/memory-embedder';
import { MemoryExpiry } from '../../src/memory/indexing/memory-expiry';
import { LedgerEditor } from '../../src/memory/ledger/ledger.editor';
import { LedgerRepository } from '../../src/memory/ledger/ledger.repository';
import { LedgerWriter } from '../../src/memory/ledger/ledger.writer';
import { MemoryService } from '../../src/memory/memory.service';
import { ContextService } from '../../src/memory/search/context.service';
import { MemoryCandidates } from '../../src/memory/search/memory-candidates';
import { MemoryClaims } from '../../src/memory/search/memory-claims';
import { MemoryFollowerSearch } from '../../src/memory/search/memory-follower-search';
import { MemoryGraph } from '../../src/memory/search/memory-graph';
import { MemoryKeywords } from '../../src/memory/search/memory-keywords';
import { MemoryMeanings } from '../../src/memory/search/memory-meanings';
import { MemorySearchService } from '../../src/memory/search/memory-search.service';
import { Recalls } from '../../src/memory/search/recalls';
import { SessionsService } from '../../src/memory/sessions/sessions.service';
import type { EmbeddingProvider } from '../../src/embeddings/embedding-provider.port';
import { openRecordWith } from './record';
import { UsageMeter } from '../../src/usage/usage-meter';
import { WordEmbeddings } from './word-embeddings';

/** Memory on a real database. Background work runs when a test says so (`settle`, `erasures.work()`, `extractor.work()`). */
export async function openMemory(engine: 'embedded' | 'server', chat?: ChatModel) {
  return await openMemoryWith(engine, new WordEmbeddings(), chat);
}

export async function openMemoryWith<E extends EmbeddingProvider>(
  engine: 'embedded' | 'server',
  embeddings: E,
  chat?: ChatModel,
) {
  const record = await openRecordWith(engine, embeddings);
  const { database, changes } = record;
  const collection = new MemoryCollection(record.collections);
  const ledger = new LedgerRepository(database);
  const writer = new LedgerWriter(database, ledger, record.recordsRepository, changes);
  const editor = new LedgerEditor(database, ledger, writer, record.recordsRepository, changes);
  const background = new BackgroundWork('all');
  const embedder = new MemoryEmbedder(
    database,
    record.repository,
    record.recordsRepository,
    embeddings,
    new ReembeddingTexts(),
    new UsageMeter(),
    background,
  );
  const recalls = new Recalls(database);
  const extraction = { isEnabled: chat !== undefined };
  const memories = new MemoryService(database, collection, ledger, writer, editor, embedder, extraction, recalls);
  const searches = new MemorySearchService(
    collection,
    record.search,
    new MemoryKeywords(database),
    new MemoryGraph(database),
    new MemoryClaims(database),
    new MemoryCandidates(database),
    new MemoryMeanings(collection, record.search, record.recordsRepository),
    recalls,
    new MemoryFollowerSearch(record.search),
  );
  const participants = new ErasureParticipants();
  new PostgresErasure(database, record.repository, record.recordsRepository, participants).onModuleInit();
  new FollowersErasure(database, participants).onModuleInit();
  return {
    ...record,
    drop: async (): Promise<void> => {
      await recalls.flush();
      await record.drop();
    },
    memories,
    searches,
    recalls,
    embedder,
    expiry: new MemoryExpiry(database, record.repository, record.recordsRepository, background),
    contexts: new ContextService(searches),
    sessions: new SessionsService(database, memories),
    extractor: new Extractor(database, collection, writer, embedder, chat ?? null, background),
    participants,
    erasures: new ErasureService(new ErasuresRepository(database), record.operations, participants, background),
    /** Embeds everything that waits for it. */
    async settle(): Promise<void> {
      while (await embedder.work());
    },
  };
}

export type OpenMemory = Awaited<ReturnType<typeof openMemory>>;
