import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { CollectionsCoreModule } from '../collections-core.module';
import { RecordsModule } from '../records/records.module';
import { ProjectionController } from './projection.controller';
import { ProjectionRepository } from './projection.repository';
import { ProjectionService } from './projection.service';

/** A sample of vectors in the plane. */
@Module({
  imports: [CollectionsCoreModule, RecordsModule, OperationsModule],
  controllers: [ProjectionController],
  providers: [ProjectionRepository, ProjectionService],
})
export class ProjectionModule {}
