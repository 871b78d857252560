import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { FollowersErasure } from './followers-erasure';
import { PostgresErasure } from './postgres-erasure';

/** What memory does in the erasure of a person. */
@Module({
  imports: [CollectionsModule],
  providers: [PostgresErasure, FollowersErasure],
})
export class MemoryErasureModule {}
