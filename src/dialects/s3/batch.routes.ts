import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { BucketsService } from '../../files/buckets/buckets.service';
import { keyFault } from '../../files/objects/file-key';
import { FilesService } from '../../files/objects/files.service';
import { ownerOf } from './aspects';
import { isMissing, malformedXml, s3Error } from './errors';
import { mustBeServed } from './object-headers';
import { keyError } from './operation';
import { codeOf } from './present-error';
import { bucketParams, OF_BUCKET, writing, xmlBytes } from './route';
import { s3RequestOf } from './s3-request';
import { writeS3Xml, XML_TYPE } from './xml';
import { xmlBodyOf } from './xml-body';

const MAX_BODY = 2 * 1024 * 1024;
const MAX_KEYS = 1_000;
const BATCH_MS = 60_000;
const ANY_FILE = { createOnly: false, hashes: undefined };

const removeMany = defineEndpoint({
  ...writing,
  method: 'POST',
  path: OF_BUCKET,
  operationId: 's3DeleteObjects',
  params: bucketParams,
  body: xmlBytes,
  maxBodyBytes: MAX_BODY,
  deadlineMs: BATCH_MS,
});

const named = z.object({ Key: z.string(), VersionId: z.string().optional(), ETag: z.string().optional() });
const deletion = z.object({ Object: z.array(named).min(1).max(MAX_KEYS), Quiet: z.string().optional() });
type Named = z.output<typeof named>;

/** The outcome for one key: an element of the answer. */
type Outcome =
  { readonly deleted: { Key: string } } | { readonly failed: { Key: string; Code: string; Message: string } };

/** Many deletions in one request: each has its own outcome. */
@Injectable()
export class BatchRoutes {
  constructor(
    private readonly buckets: BucketsService,
    private readonly files: FilesService,
  ) {}

  @Endpoint(removeMany)
  async removeMany({ caller, params, body, raw, signal }: EndpointInput<typeof removeMany>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    const { Object: objects, Quiet: quiet } = await xmlBodyOf(request, body, 'Delete', deletion);
    // A condition that is not looked at would delete what is to be kept.
    if (objects.some(({ ETag }) => ETag !== undefined)) throw malformedXml();
    await this.buckets.get(caller.scope, params.bucket);
    const outcomes: Outcome[] = [];
    for (const object of objects) {
      signal.throwIfAborted();
      outcomes.push(await this.remove(caller.scope, params.bucket, object));
    }
    return new Reply(200, writeS3Xml('DeleteResult', shown(outcomes, quiet?.trim() === 'true')), {
      'content-type': XML_TYPE,
    });
  }

  private async remove(scope: Scope, bucket: string, { Key: key, VersionId: version }: Named): Promise<Outcome> {
    try {
      const fault = keyFault(key);
      if (fault !== undefined) throw keyError(key, fault);
      if (version !== undefined && version !== 'null')
        throw s3Error('NoSuchVersion', 404, 'The specified version does not exist: ZeroDB keeps the current one.');
      await this.files.delete(scope, bucket, key, ANY_FILE);
    } catch (error) {
      if (!isMissing(error, 'file')) return failedAs(key, error);
    }
    return { deleted: { Key: key } };
  }
}

/** What fails on our side ends the request: the client sends the rest again. */
const failedAs = (key: string, error: unknown): Outcome => {
  if (!(error instanceof ZeroDbError) || error.status >= 500) throw error;
  return { failed: { Key: key, Code: codeOf(error), Message: error.message } };
};

const shown = (outcomes: readonly Outcome[], isQuiet: boolean) => ({
  Deleted: isQuiet ? undefined : outcomes.flatMap((one) => ('deleted' in one ? [one.deleted] : [])),
  Error: outcomes.flatMap((one) => ('failed' in one ? [one.failed] : [])),
});
