import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { filesConfig, s3Config, type FilesSettings, type S3Settings } from '../../config';
import { Database } from '../../database/database.port';
import { ServiceRegistry } from '../../registry/service';
import { createFileStores, FileStores } from './file-stores';
import { FileMetrics } from '../file-metrics';

/** Where the bytes are kept, and the door to each store. */
@Module({
  providers: [
    {
      provide: FileStores,
      inject: [s3Config.KEY, filesConfig.KEY, Database, ServiceRegistry],
      useFactory: (s3: S3Settings, files: FilesSettings, database: Database, registry: ServiceRegistry): FileStores =>
        createFileStores({ s3, files }, database, () => registry.gate('object_store')),
    },
    FileMetrics,
  ],
  exports: [FileStores, FileMetrics],
})
export class StoresModule implements OnApplicationShutdown {
  constructor(private readonly stores: FileStores) {}

  onApplicationShutdown(): void {
    this.stores.close();
  }
}
