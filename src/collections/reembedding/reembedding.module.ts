import { Module } from '@nestjs/common';
import { CollectionsCoreModule } from '../collections-core.module';
import { FollowersModule } from '../replica/replica.module';
import { Comparer } from './comparer';
import { Mirror } from './mirror';
import { Reembedder } from './reembedder';
import { ReembeddingTexts } from './reembedding-texts';
import { ReembeddingsController } from './reembeddings.controller';
import { ReembeddingsRepository } from './reembeddings.repository';
import { ReembeddingsService } from './reembeddings.service';

/** A new model for a collection that keeps serving. */
@Module({
  imports: [CollectionsCoreModule, FollowersModule],
  controllers: [ReembeddingsController],
  providers: [Comparer, Mirror, Reembedder, ReembeddingTexts, ReembeddingsRepository, ReembeddingsService],
  exports: [ReembeddingTexts],
})
export class ReembeddingModule {}
