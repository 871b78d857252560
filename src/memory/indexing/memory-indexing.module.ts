import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { MemoryCollection } from './memory-collection';
import { MemoryEmbedder } from './memory-embedder';
import { MemoryExpiry } from './memory-expiry';
import { MemoryTexts } from './memory-texts';

/** The collection of the memories: embedding and expiry. */
@Module({
  imports: [CollectionsModule],
  providers: [MemoryCollection, MemoryEmbedder, MemoryExpiry, MemoryTexts],
  exports: [MemoryCollection, MemoryEmbedder],
})
export class MemoryIndexingModule {}
