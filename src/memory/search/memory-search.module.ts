import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { MemoryIndexingModule } from '../indexing/memory-indexing.module';
import { ContextService } from './context.service';
import { MemoryCandidates } from './memory-candidates';
import { MemoryClaims } from './memory-claims';
import { MemoryFollowerSearch } from './memory-follower-search';
import { MemoryGraph } from './memory-graph';
import { MemoryKeywords } from './memory-keywords';
import { MemoryMeanings } from './memory-meanings';
import { MemorySearchService } from './memory-search.service';
import { Recalls } from './recalls';

/** Search and context. */
@Module({
  imports: [CollectionsModule, MemoryIndexingModule],
  providers: [
    MemoryKeywords,
    MemoryGraph,
    MemoryClaims,
    MemoryCandidates,
    MemoryMeanings,
    Recalls,
    MemoryFollowerSearch,
    MemorySearchService,
    ContextService,
  ],
  exports: [Recalls, MemorySearchService, ContextService],
})
export class MemorySearchModule {}
