import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { PgVectorStore } from './adapters/pgvector/pgvector.store';
import { AdvancedController } from './advanced/advanced.controller';
import { AdvancedRepository } from './advanced/advanced.repository';
import { AdvancedService } from './advanced/advanced.service';
import { CollectionsController } from './collections.controller';
import { CollectionsRepository } from './collections.repository';
import { CollectionsService } from './collections.service';
import { IndexBuilder } from './index-builder';
import { RecordsController } from './records/records.controller';
import { RecordsRepository } from './records/records.repository';
import { RecordsService } from './records/records.service';
import { KeywordStore } from './search/keyword.store';
import { SearchController } from './search/search.controller';
import { SearchService } from './search/search.service';
import { TransferController } from './transfer/transfer.controller';
import { TransferService } from './transfer/transfer.service';
import { VectorStore } from './vector-store.port';

@Module({
  imports: [OperationsModule],
  controllers: [CollectionsController, RecordsController, SearchController, AdvancedController, TransferController],
  providers: [
    CollectionsRepository,
    CollectionsService,
    RecordsRepository,
    RecordsService,
    { provide: VectorStore, useClass: PgVectorStore },
    KeywordStore,
    SearchService,
    AdvancedRepository,
    AdvancedService,
    TransferService,
    IndexBuilder,
  ],
  exports: [CollectionsService, RecordsService, SearchService],
})
export class CollectionsModule {}
