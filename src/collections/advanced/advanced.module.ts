import { Module } from '@nestjs/common';
import { CollectionsCoreModule } from '../collections-core.module';
import { RecordsModule } from '../records/records.module';
import { SearchModule } from '../search/search.module';
import { AdvancedController } from './advanced.controller';
import { AdvancedRepository } from './advanced.repository';
import { AdvancedService } from './advanced.service';

/** Recommend, groups, diversify, duplicates, facets. */
@Module({
  imports: [CollectionsCoreModule, RecordsModule, SearchModule],
  controllers: [AdvancedController],
  providers: [AdvancedRepository, AdvancedService],
  exports: [AdvancedService],
})
export class AdvancedModule {}
