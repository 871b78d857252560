import { Module } from '@nestjs/common';
import { CollectionsModule } from '../../collections/collections.module';
import { HealthModule } from '../../health/health.module';
import { RestModule } from '../../transports/rest/rest.module';
import { DialectPorts } from '../dialect-port';
import { CollectionRoutes } from './collections.routes';
import { DialectRoutes } from './dialect-routes';
import { IndexRoutes } from './indexes.routes';
import { PointRoutes } from './points.routes';
import { PointReader } from './point-reader';
import { PointSearch } from './point-search';
import { PointUpdates } from './point-updates';
import { QdrantDoor } from './qdrant-door';
import { QueryRoutes } from './queries.routes';
import { Ranking } from './ranking';
import { ServiceRoutes } from './service.routes';
import { UpdateRoutes } from './updates.routes';

/** Qdrant's REST API on a separate port, over the same services as ZeroDB's. Decision 28. */
@Module({
  imports: [CollectionsModule, HealthModule, RestModule],
  providers: [
    DialectPorts,
    PointReader,
    Ranking,
    PointSearch,
    PointUpdates,
    ServiceRoutes,
    CollectionRoutes,
    IndexRoutes,
    PointRoutes,
    UpdateRoutes,
    QueryRoutes,
    DialectRoutes,
    QdrantDoor,
  ],
})
export class QdrantDialectModule {}
