import { Injectable } from '@nestjs/common';
import { FileRoutes } from './files/files.routes';
import { EmbeddingRoutes } from './models/embeddings.routes';
import { ModelRoutes } from './models/models.routes';
import { AttachmentRoutes } from './stores/attachments.routes';
import { StoreRoutes } from './stores/stores.routes';

/** All classes with routes of the dialect. They are no controllers: they are no part of ZeroDB's own API. */
@Injectable()
export class DialectRoutes {
  readonly all: readonly object[];

  constructor(
    models: ModelRoutes,
    embeddings: EmbeddingRoutes,
    files: FileRoutes,
    stores: StoreRoutes,
    attachments: AttachmentRoutes,
  ) {
    this.all = [models, embeddings, files, stores, attachments];
  }
}
