import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { ZeroDbError } from '../../common/errors';
import { putBucketBody } from '../../files/buckets/bucket.schemas';
import { BucketsService } from '../../files/buckets/buckets.service';
import { bucketAspect, ownerOf } from './aspects';
import { s3Error } from './errors';
import { mustBeOwner, mustBeServed } from './object-headers';
import { BUCKET_ASPECTS } from './operation';
import { bucketParams, OF_BUCKET, OF_SERVICE, reading, writing, xmlBytes } from './route';
import { s3RequestOf } from './s3-request';
import { mustBeAsSigned, xmlBodyOf } from './xml-body';
import { writeS3Xml, XML_TYPE } from './xml';

const XML = { 'content-type': XML_TYPE };
const MAX_BUCKETS = 1_000;
const MAX_BODY = 16 * 1024;
/** S3's rule for names of buckets; ZeroDB's own is wider. */
const S3_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const list = defineEndpoint({ ...reading, method: 'GET', path: OF_SERVICE, operationId: 's3ListBuckets' });
const create = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: OF_BUCKET,
  operationId: 's3CreateBucket',
  audit: 'admin',
  params: bucketParams,
  body: xmlBytes,
  maxBodyBytes: MAX_BODY,
});
const head = defineEndpoint({
  ...reading,
  method: 'HEAD',
  path: OF_BUCKET,
  operationId: 's3HeadBucket',
  params: bucketParams,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: OF_BUCKET,
  operationId: 's3DeleteBucket',
  audit: 'admin',
  params: bucketParams,
});
const location = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_BUCKET,
  operationId: 's3GetBucketLocation',
  params: bucketParams,
});
const aspect = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_BUCKET,
  operationId: 's3GetBucketAspect',
  params: bucketParams,
});

const configuration = z.object({ LocationConstraint: z.string().optional() }).or(z.string());

/** Buckets of the key's project. */
@Injectable()
export class BucketRoutes {
  constructor(private readonly buckets: BucketsService) {}

  @Endpoint(list)
  async list({ caller }: EndpointInput<typeof list>): Promise<Reply> {
    const found: { name: string; created_at: Date }[] = [];
    let after: string | undefined;
    do {
      const page = await this.buckets.list(caller.scope, MAX_BUCKETS, after);
      found.push(...page.data);
      after = page.next_cursor ?? undefined;
    } while (after !== undefined && found.length < 10 * MAX_BUCKETS);
    const buckets = found.map((bucket) => ({ Name: bucket.name, CreationDate: bucket.created_at.toISOString() }));
    return new Reply(
      200,
      writeS3Xml('ListAllMyBucketsResult', { Owner: ownerOf(caller.scope), Buckets: { Bucket: buckets } }),
      XML,
    );
  }

  @Endpoint(create)
  async create({ caller, params: { bucket }, body, raw }: EndpointInput<typeof create>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    if (body().length > 0) await xmlBodyOf(request, body, 'CreateBucketConfiguration', configuration);
    else mustBeAsSigned(request, body());
    if (!S3_NAME.test(bucket) || bucket.includes('..'))
      throw s3Error('InvalidBucketName', 400, 'The specified bucket is not valid.');
    const conditions = { createOnly: true, version: undefined };
    await this.buckets.put(caller.scope, bucket, putBucketBody.parse({}), conditions).catch((error: unknown) => {
      throw isOf(error, 412) ? alreadyOwned() : error;
    });
    return new Reply(200, undefined, { location: `/${bucket}` });
  }

  @Endpoint(head)
  async head({ caller, params, raw }: EndpointInput<typeof head>): Promise<Reply> {
    mustBeOwner(s3RequestOf(raw).headers, ownerOf(caller.scope).ID);
    await this.buckets.get(caller.scope, params.bucket);
    return new Reply(200, undefined, { ...XML, 'x-amz-bucket-region': 'us-east-1' });
  }

  @Endpoint(remove)
  async remove({ caller, params, raw }: EndpointInput<typeof remove>): Promise<Reply> {
    mustBeOwner(s3RequestOf(raw).headers, ownerOf(caller.scope).ID);
    await this.buckets.delete(caller.scope, params.bucket, false).catch((error: unknown) => {
      throw isOf(error, 409) ? notEmpty() : error;
    });
    return new Reply(204, undefined);
  }

  /** An empty one is us-east-1. */
  @Endpoint(location)
  async location({ caller, params }: EndpointInput<typeof location>): Promise<Reply> {
    await this.buckets.get(caller.scope, params.bucket);
    return new Reply(200, writeS3Xml('LocationConstraint', ''), XML);
  }

  @Endpoint(aspect)
  async aspect({ caller, params, raw }: EndpointInput<typeof aspect>): Promise<Reply> {
    const { name } = await this.buckets.get(caller.scope, params.bucket);
    const { query } = s3RequestOf(raw).target;
    const wanted = BUCKET_ASPECTS.find((one) => query.some(([given]) => given === one));
    return new Reply(200, bucketAspect(wanted, name, ownerOf(caller.scope)), XML);
  }
}

const isOf = (error: unknown, status: number): boolean => error instanceof ZeroDbError && error.status === status;

const alreadyOwned = (): Error =>
  s3Error(
    'BucketAlreadyOwnedByYou',
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  );

const notEmpty = (): Error => s3Error('BucketNotEmpty', 409, 'The bucket you tried to delete is not empty');
