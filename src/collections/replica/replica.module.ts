import { Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { qdrantConfig, type QdrantSettings } from '../../config';
import { Database } from '../../database/database.port';
import { CopyDirectory } from '../../followers/copy-directory';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import { DirtyStore } from '../../followers/dirty-store';
import { LOGGER } from '../../telemetry/logger';
import { Replica } from './replica.port';
import { openQdrantEngine, type QdrantEngine } from './qdrant-engine';
import { QDRANT_ENGINE, QdrantFollower } from './qdrant-follower';
import { QdrantReplica } from './qdrant-replica';

/** The copies of the records in other engines, and who keeps them. Without such an engine it provides nothing to ask. */
@Module({
  providers: [
    CopyDirectory,
    FollowerWakeup,
    {
      provide: QDRANT_ENGINE,
      inject: [qdrantConfig.KEY, CopyDirectory],
      useFactory: (settings: QdrantSettings, directory: CopyDirectory) => openQdrantEngine(settings, directory),
    },
    {
      provide: Replica,
      inject: [QDRANT_ENGINE, CopyDirectory, Database, LOGGER],
      useFactory: (engine: QdrantEngine | null, directory: CopyDirectory, database: Database, logger: Logger) =>
        engine &&
        new QdrantReplica(engine.store, engine.target, directory, new DirtyStore(database, engine.target.name), logger),
    },
    QdrantFollower,
  ],
  exports: [CopyDirectory, FollowerWakeup, Replica, QdrantFollower],
})
export class FollowersModule {}
