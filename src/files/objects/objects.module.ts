import { Module } from '@nestjs/common';
import { BlobsModule } from '../blobs/blobs.module';
import { BucketsModule } from '../buckets/buckets.module';
import { FilesErasure } from '../erasure/files-erasure';
import { StoresModule } from '../stores/stores.module';
import { CompletedUploads } from './completed-uploads';
import { DirectUploads } from './direct-uploads';
import { FileAccess } from './file-access';
import { FileDownloads } from './file-downloads';
import { FilesController } from './files.controller';
import { FilesService } from './files.service';
import { FilesSink } from './files.sink';
import { GrantFactsStore } from './grant-facts';
import { Presigner } from './presign';
import { PresignKeys } from './presign-keys';
import { PresignController } from './presign.controller';

/** Files: reading, writing, presigned links, their erasure. */
@Module({
  imports: [StoresModule, BlobsModule, BucketsModule],
  controllers: [PresignController, FilesController],
  providers: [
    FilesService,
    FileDownloads,
    FilesSink,
    FilesErasure,
    GrantFactsStore,
    Presigner,
    PresignKeys,
    DirectUploads,
    FileAccess,
    CompletedUploads,
  ],
  exports: [FilesService, FileDownloads, CompletedUploads],
})
export class ObjectsModule {}
