import { Module } from '@nestjs/common';
import { ObjectStoreWatch } from '../stores/object-store-watch';
import { StoresModule } from '../stores/stores.module';
import { BlobReader } from './blob-reader';
import { BlobWriter } from './blob-writer';
import { BlobsRepository } from './blobs.repository';
import { Mover } from './mover';
import { MovesRepository } from './moves.repository';
import { PartBuffers } from './part-buffers';

/** Bytes by their hash: writing, checked reading, moving home. */
@Module({
  imports: [StoresModule],
  providers: [BlobsRepository, BlobWriter, PartBuffers, BlobReader, MovesRepository, Mover, ObjectStoreWatch],
  exports: [BlobsRepository, BlobWriter, BlobReader, Mover],
})
export class BlobsModule {}
