import { Module } from '@nestjs/common';
import { BucketsModule } from '../../files/buckets/buckets.module';
import { FoldersModule } from '../../files/folders/folders.module';
import { ObjectsModule } from '../../files/objects/objects.module';
import { UploadsModule } from '../../files/uploads/uploads.module';
import { RestModule } from '../../transports/rest/rest.module';
import { DialectPorts } from '../dialect-port';
import { BatchRoutes } from './batch.routes';
import { BucketRoutes } from './buckets.routes';
import { CopyRoutes } from './copies.routes';
import { Joins } from './joins';
import { ListingRoutes } from './listing.routes';
import { MultipartRoutes } from './multipart.routes';
import { ObjectRoutes } from './objects.routes';
import { S3Authentication } from './s3-authentication';
import { S3Dispatcher } from './s3-dispatcher';
import { S3Door } from './s3-door';
import { S3Routes } from './s3-routes';

/** S3's API over the files of ZeroDB. Decision 38. */
@Module({
  imports: [BucketsModule, FoldersModule, ObjectsModule, UploadsModule, RestModule],
  providers: [
    DialectPorts,
    BucketRoutes,
    ListingRoutes,
    ObjectRoutes,
    BatchRoutes,
    CopyRoutes,
    Joins,
    MultipartRoutes,
    S3Routes,
    S3Authentication,
    S3Dispatcher,
    S3Door,
  ],
})
export class S3DialectModule {}
