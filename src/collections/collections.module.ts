import { Module } from '@nestjs/common';
import { AdvancedModule } from './advanced/advanced.module';
import { AdviceModule } from './advice/advice.module';
import { CollectionsCoreModule } from './collections-core.module';
import { CompressionModule } from './compression/compression.module';
import { ConsistencyModule } from './consistency/consistency.module';
import { IndexingModule } from './indexing.module';
import { PointsModule } from './points/points.module';
import { ProjectionModule } from './projection/projection.module';
import { RecordsModule } from './records/records.module';
import { ReembeddingModule } from './reembedding/reembedding.module';
import { SearchModule } from './search/search.module';
import { TransferModule } from './transfer/transfer.module';

/** Collections: one module for each feature. Exports what other capabilities use. OpenAPI follows the order of the imports. */
@Module({
  imports: [
    CollectionsCoreModule,
    RecordsModule,
    SearchModule,
    AdvancedModule,
    TransferModule,
    ConsistencyModule,
    ReembeddingModule,
    CompressionModule,
    AdviceModule,
    ProjectionModule,
    PointsModule,
    IndexingModule,
  ],
  exports: [
    CollectionsCoreModule,
    RecordsModule,
    SearchModule,
    AdvancedModule,
    ReembeddingModule,
    PointsModule,
    IndexingModule,
  ],
})
export class CollectionsModule {}
