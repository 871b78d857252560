import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BlobsModule } from '../blobs/blobs.module';
import { FileLookup } from '../objects/file-lookup';
import { FilesRepository } from '../objects/files.repository';
import { StoresModule } from '../stores/stores.module';
import { BucketEntity } from './bucket.entity';
import { BucketsController } from './buckets.controller';
import { BucketsRepository } from './buckets.repository';
import { BucketsService } from './buckets.service';

/** Buckets, and how a file in one is found. */
@Module({
  imports: [TypeOrmModule.forFeature([BucketEntity]), StoresModule, BlobsModule],
  controllers: [BucketsController],
  providers: [BucketsRepository, BucketsService, FilesRepository, FileLookup],
  exports: [BucketsRepository, BucketsService, FilesRepository, FileLookup],
})
export class BucketsModule {}
