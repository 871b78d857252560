import { Injectable } from '@nestjs/common';
import { CollectionRoutes } from './collections.routes';
import { IndexRoutes } from './indexes.routes';
import { PointRoutes } from './points.routes';
import { QueryRoutes } from './queries.routes';
import { ServiceRoutes } from './service.routes';
import { UpdateRoutes } from './updates.routes';

/** All classes with routes of the dialect. They are no controllers: ZeroDB's own port does not serve them. */
@Injectable()
export class DialectRoutes {
  readonly all: readonly object[];

  constructor(
    service: ServiceRoutes,
    collections: CollectionRoutes,
    indexes: IndexRoutes,
    points: PointRoutes,
    updates: UpdateRoutes,
    queries: QueryRoutes,
  ) {
    this.all = [service, collections, indexes, points, updates, queries];
  }
}
