import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module';
import { ObjectsModule } from '../objects/objects.module';
import { StoresModule } from '../stores/stores.module';
import { UploadsModule } from '../uploads/uploads.module';
import { Orphans } from './orphans';
import { Upkeep } from './upkeep';
import { UpkeepRepository } from './upkeep.repository';

/** Lifecycle and orphans, in the background. */
@Module({
  imports: [StoresModule, BlobsModule, ObjectsModule, UploadsModule],
  providers: [UpkeepRepository, Orphans, Upkeep],
  exports: [Orphans],
})
export class UpkeepModule {}
