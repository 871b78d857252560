import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { CollectionsCoreModule } from '../collections-core.module';
import { FollowersModule } from '../replica/replica.module';
import { ConsistencyController } from './consistency.controller';
import { ConsistencyRepository } from './consistency.repository';
import { ConsistencyService } from './consistency.service';

/** Compares, repairs and rebuilds a copy. */
@Module({
  imports: [CollectionsCoreModule, FollowersModule, OperationsModule],
  controllers: [ConsistencyController],
  providers: [ConsistencyRepository, ConsistencyService],
})
export class ConsistencyModule {}
