import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module';
import { OperationsModule } from '../operations/operations.module';
import { ExtractionSettings } from './extraction/extraction-settings';
import { MemoryCollection } from './indexing/memory-collection';
import { MemoryEmbedder } from './indexing/memory-embedder';
import { LedgerEditor } from './ledger/ledger.editor';
import { LedgerRepository } from './ledger/ledger.repository';
import { LedgerWriter } from './ledger/ledger.writer';
import { MemoryController } from './memory.controller';
import { MemoryService } from './memory.service';
import { ContextService } from './search/context.service';
import { MemoryCandidates } from './search/memory-candidates';
import { MemoryGraph } from './search/memory-graph';
import { MemoryKeywords } from './search/memory-keywords';
import { MemorySearchService } from './search/memory-search.service';
import { Recalls } from './search/recalls';

@Module({
  imports: [CollectionsModule, OperationsModule],
  controllers: [MemoryController],
  providers: [
    { provide: ExtractionSettings, useValue: { isEnabled: false } },
    MemoryCollection,
    MemoryEmbedder,
    LedgerRepository,
    LedgerWriter,
    LedgerEditor,
    MemoryService,
    MemoryKeywords,
    MemoryGraph,
    MemoryCandidates,
    Recalls,
    MemorySearchService,
    ContextService,
  ],
  exports: [MemoryService, MemorySearchService, ContextService],
})
export class MemoryModule {}
