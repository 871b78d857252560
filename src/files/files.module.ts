import { Module } from '@nestjs/common';
import { BucketsModule } from './buckets/buckets.module';
import { FoldersModule } from './folders/folders.module';
import { ObjectsModule } from './objects/objects.module';
import { UpkeepModule } from './upkeep/upkeep.module';
import { UploadsModule } from './uploads/uploads.module';
import { VerifyModule } from './verify/verify.module';

/** Files: one module for each feature. Exports what other capabilities use. */
@Module({
  imports: [BucketsModule, FoldersModule, ObjectsModule, UploadsModule, UpkeepModule, VerifyModule],
  exports: [BucketsModule, ObjectsModule, VerifyModule],
})
export class FilesModule {}
