import { Module } from '@nestjs/common';
import { OperationsModule } from '../operations/operations.module';
import { CollectionsCoreModule } from './collections-core.module';
import { IndexBuilder } from './index-builder';

/** Builds the vector indexes in the background. */
@Module({ imports: [CollectionsCoreModule, OperationsModule], providers: [IndexBuilder] })
export class IndexingModule {}
