import { Module } from '@nestjs/common';
import { CollectionsCoreModule } from '../collections-core.module';
import { RecordsModule } from '../records/records.module';
import { FollowersModule } from '../replica/replica.module';
import { PointsRepository } from './points.repository';
import { PointsService } from './points.service';

/** Records as points: what dialects read in the order of ids, and change in place. */
@Module({
  imports: [CollectionsCoreModule, RecordsModule, FollowersModule],
  providers: [PointsRepository, PointsService],
  exports: [PointsService],
})
export class PointsModule {}
