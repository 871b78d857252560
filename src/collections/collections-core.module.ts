import { Module } from '@nestjs/common';
import { DroppedCollections } from '../database/dropped-collections';
import { CollectionMetrics } from './collection-metrics';
import { CollectionsController } from './collections.controller';
import { CollectionsRepository } from './collections.repository';
import { CollectionsService } from './collections.service';

/** What a collection is: its settings, how it is found, its removal. Every other module of collections imports it. */
@Module({
  controllers: [CollectionsController],
  providers: [CollectionMetrics, CollectionsRepository, CollectionsService, DroppedCollections],
  exports: [CollectionMetrics, CollectionsRepository, CollectionsService],
})
export class CollectionsCoreModule {}
