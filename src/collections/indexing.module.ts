import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { CollectionsCoreModule } from './collections-core.module';
import { IndexBuilder } from './index-builder';
import { TextIndexRepository } from './text-index/text-index.repository';
import { TextReindexer } from './text-index/text-reindexer';
import { TextSources } from './text-index/text-source';

/** Builds the vector indexes in the background, and keeps the postings of texts up to date with how texts are analysed. */
@Module({
  imports: [CollectionsCoreModule, OperationsModule],
  providers: [IndexBuilder, TextIndexRepository, TextReindexer, TextSources],
  exports: [TextSources],
})
export class IndexingModule {}
