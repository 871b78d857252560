import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { CollectionsCoreModule } from '../collections-core.module';
import { RecordsModule } from '../records/records.module';
import { TransferController } from './transfer.controller';
import { TransferService } from './transfer.service';

/** Import and export as NDJSON. */
@Module({
  imports: [CollectionsCoreModule, RecordsModule, OperationsModule],
  controllers: [TransferController],
  providers: [TransferService],
})
export class TransferModule {}
