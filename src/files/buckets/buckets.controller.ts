import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { etagOf, ifMatch, ifNoneMatchAny } from '../../api/preconditions';
import { listOf, pageQuery } from '../../api/schemas';
import type { Bucket, BucketUsage } from './bucket';
import { bucketParams, bucketSchema, putBucketBody } from './bucket.schemas';
import { BucketsService } from './buckets.service';

const tag = 'Buckets';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/buckets',
  operationId: 'listBuckets',
  tag,
  summary: 'The buckets of the project, by name',
  access: 'read',
  query: pageQuery,
  responses: { 200: listOf(bucketSchema) },
});

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/buckets/{bucket}',
  operationId: 'putBucket',
  tag,
  summary: 'Create a bucket, or change its settings',
  access: 'write',
  params: bucketParams,
  body: putBucketBody,
  responses: { 200: bucketSchema, 201: bucketSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/buckets/{bucket}',
  operationId: 'getBucket',
  tag,
  summary: 'A bucket and its totals',
  access: 'read',
  params: bucketParams,
  responses: { 200: bucketSchema, 304: null },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/buckets/{bucket}',
  operationId: 'deleteBucket',
  tag,
  summary: 'Delete a bucket',
  description: '409 while it has files or uploads, unless `force=true` deletes them too.',
  access: 'write',
  params: bucketParams,
  query: z.strictObject({ force: z.enum(['true', 'false']).default('false') }),
  responses: { 204: null },
  deadlineMs: 60_000,
});

@Controller()
export class BucketsController {
  constructor(private readonly buckets: BucketsService) {}

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.buckets.list(caller.scope, query.limit, query.after);
    return { ...page, data: page.data.map((bucket) => present(bucket)) };
  }

  @Endpoint(put)
  async put(@Input() { caller, params, body, headers }: EndpointInput<typeof put>): Promise<Reply> {
    const conditions = { createOnly: ifNoneMatchAny(headers), version: ifMatch(headers) };
    const { bucket, created } = await this.buckets.put(caller.scope, params.bucket, body, conditions);
    return new Reply(created ? 201 : 200, present(bucket), { etag: etagOf(bucket.version) });
  }

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<Reply> {
    const bucket = await this.buckets.get(caller.scope, params.bucket);
    const usage = await this.buckets.usage(caller.scope, bucket);
    return new Reply(200, present(bucket, usage), { etag: etagOf(bucket.version) });
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params, query }: EndpointInput<typeof remove>): Promise<void> {
    await this.buckets.delete(caller.scope, params.bucket, query.force === 'true');
  }
}

const present = ({ id: _id, settings, ...bucket }: Bucket, usage?: BucketUsage): unknown => ({
  ...settings,
  ...bucket,
  created_at: bucket.created_at.toISOString(),
  updated_at: bucket.updated_at.toISOString(),
  ...(usage ? { usage } : {}),
});
