import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { filesConfig, s3Config, type FilesSettings, type S3Settings } from '../config';
import { Database } from '../database/database.port';
import { OperationsModule } from '../operations/operations.module';
import { ServiceRegistry } from '../registry/service';
import { BlobReader } from './blobs/blob-reader';
import { BlobWriter } from './blobs/blob-writer';
import { BlobsRepository } from './blobs/blobs.repository';
import { Mover } from './blobs/mover';
import { PartBuffers } from './blobs/part-buffers';
import { MovesRepository } from './blobs/moves.repository';
import { BucketsController } from './buckets/buckets.controller';
import { BucketsRepository } from './buckets/buckets.repository';
import { BucketsService } from './buckets/buckets.service';
import { FilesErasure } from './erasure/files-erasure';
import { FileMetrics } from './file-metrics';
import { FoldersController } from './folders/folders.controller';
import { FoldersRepository } from './folders/folders.repository';
import { DirectUploads } from './objects/direct-uploads';
import { FileAccess } from './objects/file-access';
import { FileLookup } from './objects/file-lookup';
import { FilesController } from './objects/files.controller';
import { FilesRepository } from './objects/files.repository';
import { FilesSink } from './objects/files.sink';
import { FilesService } from './objects/files.service';
import { GrantFactsStore } from './objects/grant-facts';
import { Presigner } from './objects/presign';
import { PresignController } from './objects/presign.controller';
import { createFileStores, FileStores } from './stores/file-stores';
import { ObjectStoreWatch } from './stores/object-store-watch';
import { UploadsController } from './uploads/uploads.controller';
import { UploadsRepository } from './uploads/uploads.repository';
import { UploadsService } from './uploads/uploads.service';
import { Orphans } from './upkeep/orphans';
import { Upkeep } from './upkeep/upkeep';
import { UpkeepRepository } from './upkeep/upkeep.repository';
import { FilesVerifyController } from './verify/verify.controller';
import { FilesVerifier } from './verify/verify.service';

@Module({
  imports: [OperationsModule],
  controllers: [
    BucketsController,
    FoldersController,
    FilesVerifyController,
    PresignController,
    UploadsController,
    FilesController,
  ],
  providers: [
    {
      provide: FileStores,
      inject: [s3Config.KEY, filesConfig.KEY, Database, { token: ServiceRegistry, optional: true }],
      useFactory: (s3: S3Settings, files: FilesSettings, database: Database, registry?: ServiceRegistry): FileStores =>
        createFileStores({ s3, files }, database, () => registry?.gate('object_store')),
    },
    FileMetrics,
    BucketsRepository,
    BucketsService,
    BlobsRepository,
    BlobWriter,
    PartBuffers,
    BlobReader,
    MovesRepository,
    Mover,
    FilesRepository,
    FoldersRepository,
    FileLookup,
    FilesService,
    FilesSink,
    GrantFactsStore,
    Presigner,
    DirectUploads,
    FileAccess,
    UploadsRepository,
    UploadsService,
    UpkeepRepository,
    Orphans,
    Upkeep,
    FilesVerifier,
    ObjectStoreWatch,
    FilesErasure,
  ],
  exports: [BucketsService, FilesService, FilesVerifier],
})
export class FilesModule implements OnApplicationShutdown {
  constructor(private readonly stores: FileStores) {}

  onApplicationShutdown(): void {
    this.stores.close();
  }
}
