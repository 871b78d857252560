import { Module } from '@nestjs/common';
import { MemoryBrowser } from './browse/memory-browser';
import { MemoryErasureModule } from './erasure/memory-erasure.module';
import { ExtractionModule } from './extraction/extraction.module';
import { MemoryIndexingModule } from './indexing/memory-indexing.module';
import { LedgerModule } from './ledger/ledger.module';
import { MemoriesSink } from './memories.sink';
import { MemoryController } from './memory.controller';
import { MemoryService } from './memory.service';
import { MemorySearchModule } from './search/memory-search.module';
import { SessionsController } from './sessions/sessions.controller';
import { SessionsService } from './sessions/sessions.service';

/** Memory: the ledger, its doors, and what works on it in the background. */
@Module({
  imports: [LedgerModule, MemoryIndexingModule, ExtractionModule, MemorySearchModule, MemoryErasureModule],
  controllers: [MemoryController, SessionsController],
  providers: [MemoryService, MemoryBrowser, MemoriesSink, SessionsService],
  exports: [MemoryService, MemoryBrowser, MemorySearchModule, SessionsService],
})
export class MemoryModule {}
