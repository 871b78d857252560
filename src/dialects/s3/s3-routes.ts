import { Injectable } from '@nestjs/common';
import { BatchRoutes } from './batch.routes';
import { BucketRoutes } from './buckets.routes';
import { CopyRoutes } from './copies.routes';
import { ListingRoutes } from './listing.routes';
import { MultipartRoutes } from './multipart.routes';
import { ObjectRoutes } from './objects.routes';

/** All classes with operations of the dialect. They are no controllers: several share one path. */
@Injectable()
export class S3Routes {
  readonly all: readonly object[];

  constructor(
    buckets: BucketRoutes,
    listing: ListingRoutes,
    objects: ObjectRoutes,
    batch: BatchRoutes,
    copies: CopyRoutes,
    multipart: MultipartRoutes,
  ) {
    this.all = [buckets, listing, objects, batch, copies, multipart];
  }
}
