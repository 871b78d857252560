import { Module } from '@nestjs/common';
import { BucketsModule } from '../buckets/buckets.module';
import { FoldersController } from './folders.controller';
import { FoldersRepository } from './folders.repository';

/** Folders of a bucket. */
@Module({
  imports: [BucketsModule],
  controllers: [FoldersController],
  providers: [FoldersRepository],
  exports: [FoldersRepository],
})
export class FoldersModule {}
