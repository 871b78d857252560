import { Module } from '@nestjs/common';
import { CollectionsCoreModule } from '../collections-core.module';
import { AdviceController } from './advice.controller';
import { AdviceService } from './advice.service';
import { MetadataIndexBuilder } from './metadata-index-builder';
import { SlowFiltersModule } from './slow-filters.module';

/** Which indexes on metadata fields would help, and their building. */
@Module({
  imports: [CollectionsCoreModule, SlowFiltersModule],
  controllers: [AdviceController],
  providers: [AdviceService, MetadataIndexBuilder],
})
export class AdviceModule {}
