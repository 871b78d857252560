import { Module } from '@nestjs/common';
import { EmbeddingsWatch } from './embeddings.watch';

@Module({ providers: [EmbeddingsWatch] })
export class EmbeddingsWatchModule {}
