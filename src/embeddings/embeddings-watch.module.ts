import { Module } from '@nestjs/common';
import { EmbeddingsWatch } from './embeddings.watch';

/** Apart from the provider's module, which also serves without a registry. */
@Module({ providers: [EmbeddingsWatch] })
export class EmbeddingsWatchModule {}
