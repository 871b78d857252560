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
  audit: 'read',
  tag,
  summary: 'The buckets of the project, by name',
  description:
    'A page of at most `limit` buckets with their settings; `next_cursor` continues it. The totals of each come with `include=usage`, which counts its files.',
  access: 'read',
  query: pageQuery.extend({
    include: z.enum(['usage']).optional().meta({ description: '`usage` adds the totals of each bucket.' }),
  }),
  responses: { 200: listOf(bucketSchema) },
});

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/buckets/{bucket}',
  operationId: 'putBucket',
  audit: 'admin',
  tag,
  summary: 'Create a bucket, or change its settings',
  description:
    '201 for a new bucket, 200 for a changed one. Settings that are left out get their defaults; limits and types apply to later uploads. `If-None-Match: *` creates only, `If-Match` changes only that version (412 otherwise).',
  access: 'write',
  params: bucketParams,
  body: putBucketBody,
  responses: { 200: bucketSchema, 201: bucketSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/buckets/{bucket}',
  operationId: 'getBucket',
  audit: 'read',
  tag,
  summary: 'A bucket and its totals',
  description:
    'Its settings, and in `usage` how many files it has and how many bytes they take: `bytes` as their readers see them, `stored_bytes` with equal contents once and after compression.',
  access: 'read',
  params: bucketParams,
  responses: { 200: bucketSchema, 304: null },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/buckets/{bucket}',
  operationId: 'deleteBucket',
  audit: 'admin',
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
    if (query.include === undefined) return { ...page, data: page.data.map((bucket) => present(bucket)) };
    const usageOf = await this.buckets.usages(caller.scope, page.data);
    return { ...page, data: page.data.map((bucket) => present(bucket, usageOf(bucket))) };
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
    const usageOf = await this.buckets.usages(caller.scope, [bucket]);
    return new Reply(200, present(bucket, usageOf(bucket)), { etag: etagOf(bucket.version) });
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
