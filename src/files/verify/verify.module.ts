import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module';
import { BlobsModule } from '../blobs/blobs.module';
import { StoresModule } from '../stores/stores.module';
import { UpkeepModule } from '../upkeep/upkeep.module';
import { FilesVerifyController } from './verify.controller';
import { FilesVerifier } from './verify.service';

/** Checks that every file has its bytes. */
@Module({
  imports: [OperationsModule, StoresModule, BlobsModule, UpkeepModule],
  controllers: [FilesVerifyController],
  providers: [FilesVerifier],
  exports: [FilesVerifier],
})
export class VerifyModule {}
