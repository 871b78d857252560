import { Module } from '@nestjs/common';
import { limitsConfig, type LimitsSettings } from '../../config';
import { CollectionsCoreModule } from '../collections-core.module';
import { FollowersModule } from '../replica/replica.module';
import { IndexedWait } from './indexed-wait';
import { RecordLimits } from './record-input';
import { RecordsSink } from './records.sink';
import { RecordsController } from './records.controller';
import { RecordsRepository } from './records.repository';
import { RecordsService } from './records.service';

/** Records: reading and writing. */
@Module({
  imports: [CollectionsCoreModule, FollowersModule],
  controllers: [RecordsController],
  providers: [
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
  ],
  exports: [RecordsRepository, RecordsService, RecordLimits],
})
export class RecordsModule {}
