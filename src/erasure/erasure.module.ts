import { Global, Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { ErasureParticipants } from './erasure-participant';
import { ErasureService } from './erasure.service';
import { ErasuresRepository } from './erasures.repository';
import { SubjectsController } from './subjects.controller';
import { SubjectsRepository } from './subjects.repository';

/** The erasure of a person. Each capability that keeps something of people takes part in it. */
@Global()
@Module({
  imports: [OperationsModule],
  controllers: [SubjectsController],
  providers: [ErasureParticipants, ErasuresRepository, ErasureService, SubjectsRepository],
  exports: [ErasureParticipants],
})
export class ErasureModule {}
