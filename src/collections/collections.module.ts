import { Module } from '@nestjs/common';
import { limitsConfig, type LimitsSettings } from '../config';
import { OperationsModule } from '../operations/operations.module';
import { PgVectorStore } from './adapters/pgvector/pgvector.store';
import { AdvancedController } from './advanced/advanced.controller';
import { AdvancedRepository } from './advanced/advanced.repository';
import { AdvancedService } from './advanced/advanced.service';
import { CollectionMetrics } from './collection-metrics';
import { CollectionsController } from './collections.controller';
import { CollectionsRepository } from './collections.repository';
import { CollectionsService } from './collections.service';
import { ConsistencyController } from './consistency/consistency.controller';
import { ConsistencyRepository } from './consistency/consistency.repository';
import { ConsistencyService } from './consistency/consistency.service';
import { DroppedCollections } from '../database/dropped-collections';
import { FollowersModule } from './replica/replica.module';
import { IndexBuilder } from './index-builder';
import { IndexedWait } from './records/indexed-wait';
import { ProjectionController } from './projection/projection.controller';
import { ProjectionRepository } from './projection/projection.repository';
import { ProjectionService } from './projection/projection.service';
import { Comparer } from './reembedding/comparer';
import { Mirror } from './reembedding/mirror';
import { Reembedder } from './reembedding/reembedder';
import { ReembeddingTexts } from './reembedding/reembedding-texts';
import { ReembeddingsController } from './reembedding/reembeddings.controller';
import { ReembeddingsRepository } from './reembedding/reembeddings.repository';
import { ReembeddingsService } from './reembedding/reembeddings.service';
import { RecordLimits } from './records/record-input';
import { RecordsSink } from './records/records.sink';
import { RecordsController } from './records/records.controller';
import { RecordsRepository } from './records/records.repository';
import { RecordsService } from './records/records.service';
import { CheckedSearch } from './search/checked-search';
import { Hydration } from './search/hydration';
import { KeywordStore } from './search/keyword.store';
import { SearchController } from './search/search.controller';
import { SearchMetrics } from './search/search-metrics';
import { SearchService } from './search/search.service';
import { VectorSearch } from './search/vector-search';
import { WarmUp } from './search/warm-up';
import { TransferController } from './transfer/transfer.controller';
import { TransferService } from './transfer/transfer.service';

@Module({
  imports: [OperationsModule, FollowersModule],
  controllers: [
    CollectionsController,
    RecordsController,
    SearchController,
    AdvancedController,
    TransferController,
    ConsistencyController,
    ReembeddingsController,
    ProjectionController,
  ],
  providers: [
    CollectionMetrics,
    CollectionsRepository,
    CollectionsService,
    RecordsRepository,
    {
      provide: RecordLimits,
      inject: [limitsConfig.KEY],
      useFactory: (limits: LimitsSettings) =>
        new RecordLimits(limits.batchRecords, limits.metadataBytes, limits.textBytes),
    },
    IndexedWait,
    RecordsService,
    RecordsSink,
    PgVectorStore,
    KeywordStore,
    Hydration,
    CheckedSearch,
    SearchMetrics,
    WarmUp,
    VectorSearch,
    SearchService,
    AdvancedRepository,
    AdvancedService,
    TransferService,
    IndexBuilder,
    DroppedCollections,
    ConsistencyRepository,
    ConsistencyService,
    Comparer,
    Mirror,
    Reembedder,
    ReembeddingTexts,
    ReembeddingsRepository,
    ReembeddingsService,
    ProjectionRepository,
    ProjectionService,
  ],
  exports: [
    CollectionsService,
    RecordsService,
    SearchService,
    CollectionsRepository,
    RecordsRepository,
    ReembeddingTexts,
  ],
})
export class CollectionsModule {}
