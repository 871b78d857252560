import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { CollectionsCoreModule } from '../collections-core.module';
import { CompressionChange } from './compression-change';
import { CompressionController } from './compression.controller';
import { CompressionRepository } from './compression.repository';
import { CompressionService } from './compression.service';
import { Compressor } from './compressor';
import { IndexChanger } from './index-changer';
import { RecallMeasurer } from './recall-measurer';

/** How few bytes the vectors take where they are searched: measured, changed beside what serves, and told. */
@Module({
  imports: [CollectionsCoreModule, OperationsModule],
  controllers: [CompressionController],
  providers: [CompressionRepository, RecallMeasurer, IndexChanger, CompressionChange, Compressor, CompressionService],
})
export class CompressionModule {}
