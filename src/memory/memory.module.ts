import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module';
import { llmConfig, type LlmSettings } from '../config';
import { OperationsModule } from '../operations/operations.module';
import { OpenAiChatModel } from './adapters/openai/openai.chat-model';
import { FollowersErasure } from './erasure/followers-erasure';
import { PostgresErasure } from './erasure/postgres-erasure';
import { ChatModel } from './extraction/chat-model.port';
import { ExtractionSettings } from './extraction/extraction-settings';
import { Extractor } from './extraction/extractor';
import { SessionsController } from './sessions/sessions.controller';
import { SessionsService } from './sessions/sessions.service';
import { MemoryCollection } from './indexing/memory-collection';
import { MemoryExpiry } from './indexing/memory-expiry';
import { MemoryEmbedder } from './indexing/memory-embedder';
import { LedgerEditor } from './ledger/ledger.editor';
import { LedgerRepository } from './ledger/ledger.repository';
import { LedgerWriter } from './ledger/ledger.writer';
import { MemoriesSink } from './memories.sink';
import { MemoryController } from './memory.controller';
import { MemoryService } from './memory.service';
import { ContextService } from './search/context.service';
import { MemoryCandidates } from './search/memory-candidates';
import { MemoryClaims } from './search/memory-claims';
import { MemoryFollowerSearch } from './search/memory-follower-search';
import { MemoryGraph } from './search/memory-graph';
import { MemoryKeywords } from './search/memory-keywords';
import { MemorySearchService } from './search/memory-search.service';
import { Recalls } from './search/recalls';

/** `undefined` where none is configured: rules read alone. */
const chatModel = (llm: LlmSettings): ChatModel | undefined =>
  llm.url === undefined ? undefined : new OpenAiChatModel({ ...llm, url: llm.url });

/** Memory: the ledger, its doors, and what works on it in the background. */
@Module({
  imports: [CollectionsModule, OperationsModule],
  controllers: [MemoryController, SessionsController],
  providers: [
    { provide: ChatModel, inject: [llmConfig.KEY], useFactory: chatModel },
    {
      provide: ExtractionSettings,
      inject: [llmConfig.KEY],
      useFactory: (llm: LlmSettings): ExtractionSettings => ({ isEnabled: llm.url !== undefined }),
    },
    Extractor,
    SessionsService,
    PostgresErasure,
    FollowersErasure,
    MemoryCollection,
    MemoryEmbedder,
    MemoryExpiry,
    LedgerRepository,
    LedgerWriter,
    LedgerEditor,
    MemoryService,
    MemoriesSink,
    MemoryKeywords,
    MemoryGraph,
    MemoryClaims,
    MemoryCandidates,
    Recalls,
    MemoryFollowerSearch,
    MemorySearchService,
    ContextService,
  ],
  exports: [MemoryService, MemorySearchService, ContextService, SessionsService],
})
export class MemoryModule {}
