import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module';
import { BucketsModule } from '../buckets/buckets.module';
import { ObjectsModule } from '../objects/objects.module';
import { UploadsController } from './uploads.controller';
import { UploadsRepository } from './uploads.repository';
import { UploadsService } from './uploads.service';

/** Uploads in parts. */
@Module({
  imports: [BlobsModule, BucketsModule, ObjectsModule],
  controllers: [UploadsController],
  providers: [UploadsRepository, UploadsService],
  exports: [UploadsRepository, UploadsService],
})
export class UploadsModule {}
