import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { FilesModule } from '../../files/files.module';
import { RestModule } from '../../transports/rest/rest.module';
import { MainPortModule } from '../main-port.module';
import { DialectRoutes } from './dialect-routes';
import { FileRoutes } from './files/files.routes';
import { OpenAiFilesRepository } from './files/openai-files.repository';
import { OpenAiFiles } from './files/openai-files.service';
import { Ingester } from './ingestion/ingester';
import { IngestionRepository } from './ingestion/ingestion.repository';
import { IngestionSignal } from './ingestion/ingestion-signal';
import { OpenAiUpkeep } from './ingestion/openai-upkeep';
import { UpkeepRepository } from './ingestion/upkeep.repository';
import { EmbeddingRoutes } from './models/embeddings.routes';
import { Models } from './models/models';
import { ModelRoutes } from './models/models.routes';
import { OpenAiDoor } from './openai-door';
import { AttachmentsRepository } from './stores/attachments.repository';
import { AttachmentRoutes } from './stores/attachments.routes';
import { Chunks } from './stores/chunks.service';
import { StoreSearch } from './stores/store-search';
import { StoresRepository } from './stores/stores.repository';
import { StoreRoutes } from './stores/stores.routes';
import { StoresService } from './stores/stores.service';

/** OpenAI's embeddings, files and vector stores at `/openai/v1`, over the same services as ZeroDB's own API. */
@Module({
  imports: [CollectionsModule, FilesModule, RestModule, MainPortModule],
  providers: [
    Models,
    OpenAiFilesRepository,
    OpenAiFiles,
    StoresRepository,
    AttachmentsRepository,
    Chunks,
    StoreSearch,
    IngestionSignal,
    StoresService,
    IngestionRepository,
    Ingester,
    UpkeepRepository,
    OpenAiUpkeep,
    ModelRoutes,
    EmbeddingRoutes,
    FileRoutes,
    StoreRoutes,
    AttachmentRoutes,
    DialectRoutes,
    OpenAiDoor,
  ],
})
export class OpenAiDialectModule {}
