import { Inject, Injectable } from '@nestjs/common';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import type { Scope } from '../../common/scope';
import { filesConfig, type FilesSettings } from '../../config';
import { FileLookup } from '../../files/objects/file-lookup';
import type { UploadPart } from '../../files/uploads/uploads.repository';
import { UploadsService } from '../../files/uploads/uploads.service';
import { ownerOf } from './aspects';
import { Content } from './body/content';
import { writeConditionsOf } from './conditions';
import { isMissing, noSuchUpload } from './errors';
import { Joins } from './joins';
import { afterOf, limitOf, partsQuery, shownParts, shownUploads, uploadsQuery } from './multipart-lists';
import { factsIn, mustBeServed } from './object-headers';
import { partNumberIn, uploadQuery } from './part-number';
import { chosenParts, completion, partTag, tagOfParts, type NamedPart } from './parts';
import { bucketParams, objectParams, OF_BUCKET, OF_OBJECT, reading, writing, xmlBytes } from './route';
import { s3RequestOf, type S3Request } from './s3-request';
import { encoded } from './signature/canonical';
import { writeS3Xml, XML_TYPE } from './xml';
import { xmlBodyOf } from './xml-body';

const XML = { 'content-type': XML_TYPE };
const MAX_BODY = 2 * 1024 * 1024;
/** S3 never ends an upload; parts that nobody completes are not to stay for good. */
const EXPIRES_SECONDS = 7 * 86_400;

const create = defineEndpoint({
  ...writing,
  method: 'POST',
  path: OF_OBJECT,
  operationId: 's3CreateMultipartUpload',
  params: objectParams,
});
const putPart = defineEndpoint({
  ...writing,
  kind: 'free',
  method: 'PUT',
  path: OF_OBJECT,
  operationId: 's3UploadPart',
  params: objectParams,
  query: uploadQuery,
  body: { stream: '*/*' },
  deadlineMs: null,
});
const complete = defineEndpoint({
  ...writing,
  kind: 'transfers',
  method: 'POST',
  path: OF_OBJECT,
  operationId: 's3CompleteMultipartUpload',
  params: objectParams,
  query: uploadQuery,
  body: xmlBytes,
  maxBodyBytes: MAX_BODY,
  deadlineMs: null,
});
const abort = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: OF_OBJECT,
  operationId: 's3AbortMultipartUpload',
  params: objectParams,
  query: uploadQuery,
});
const listParts = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_OBJECT,
  operationId: 's3ListParts',
  params: objectParams,
  query: partsQuery,
});
const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_BUCKET,
  operationId: 's3ListMultipartUploads',
  params: bucketParams,
  query: uploadsQuery,
});

interface Named {
  readonly bucket: string;
  readonly key: string;
}

/** Uploads in parts, which are those of `/v1/uploads`. */
@Injectable()
export class MultipartRoutes {
  constructor(
    private readonly uploads: UploadsService,
    private readonly lookup: FileLookup,
    private readonly joins: Joins,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  @Endpoint(create)
  async create({ caller, params, raw }: EndpointInput<typeof create>): Promise<Reply> {
    const { headers } = s3RequestOf(raw);
    mustBeServed(headers, ownerOf(caller.scope).ID);
    const { bucket, key } = params;
    const { id } = await this.uploads.create(caller.scope, bucket, key, factsIn(headers), EXPIRES_SECONDS);
    const shown = { Bucket: bucket, Key: key, UploadId: id };
    return new Reply(200, writeS3Xml('InitiateMultipartUploadResult', shown), XML);
  }

  @Endpoint(putPart)
  async putPart({ caller, params, query, raw, signal }: EndpointInput<typeof putPart>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    const part = partNumberIn(query);
    const content = new Content(request);
    await this.uploadOf(caller.scope, params, query.uploadId);
    const stored = await this.uploads
      .putPart(
        caller.scope,
        query.uploadId,
        { number: part, size: content.size, sha256: content.sha256, md5: () => content.md5, signal },
        content.bytes(raw.raw, this.settings.minUploadBytes, null),
      )
      .catch(asNoSuchUpload);
    return new Reply(200, undefined, { etag: `"${partTag(stored)}"` });
  }

  @Endpoint(complete)
  async complete({ caller, params, query, body, raw, signal }: EndpointInput<typeof complete>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    const { Part: named } = await xmlBodyOf(request, body, 'CompleteMultipartUpload', completion);
    const tag =
      (await this.earlierTag(caller.scope, params, query.uploadId, named)) ??
      (await this.join(caller.scope, params, query.uploadId, { named, request, signal }));
    const location = `${request.target.path.split('/').map(encoded).join('/')}`;
    const shown = { Location: location, Bucket: params.bucket, Key: params.key, ETag: `"${tag}"` };
    return new Reply(200, writeS3Xml('CompleteMultipartUploadResult', shown), XML);
  }

  @Endpoint(abort)
  async abort({ caller, params, query, raw }: EndpointInput<typeof abort>): Promise<Reply> {
    mustBeServed(s3RequestOf(raw).headers, ownerOf(caller.scope).ID);
    await this.uploadOf(caller.scope, params, query.uploadId);
    await this.uploads.abort(caller.scope, query.uploadId).catch(asNoSuchUpload);
    this.joins.drop(caller.scope, query.uploadId);
    return new Reply(204, undefined);
  }

  @Endpoint(listParts)
  async listParts({ caller, params, query }: EndpointInput<typeof listParts>): Promise<Reply> {
    const { parts } = await this.uploadOf(caller.scope, params, query.uploadId);
    const shown = shownParts(parts, { ...params, owner: ownerOf(caller.scope), query });
    return new Reply(200, writeS3Xml('ListPartsResult', shown), XML);
  }

  @Endpoint(list)
  async list({ caller, params, query }: EndpointInput<typeof list>): Promise<Reply> {
    const limit = limitOf(query['max-uploads']);
    const request = { prefix: query.prefix, after: afterOf(query), limit: limit + 1 };
    const found = await this.uploads.list(caller.scope, params.bucket, request);
    const shown = shownUploads(found, { bucket: params.bucket, owner: ownerOf(caller.scope), query });
    return new Reply(200, writeS3Xml('ListMultipartUploadsResult', shown), XML);
  }

  /** Throws `NoSuchUpload` for one of another object, too. */
  private async uploadOf(scope: Scope, { bucket, key }: Named, id: string): Promise<{ parts: UploadPart[] }> {
    const { upload, parts } = await this.uploads.get(scope, id).catch(asNoSuchUpload);
    if (upload.bucket !== bucket || upload.key !== key) throw noSuchUpload();
    return { parts };
  }

  /** A client that lost the answer asks again. */
  private async earlierTag(
    scope: Scope,
    { bucket, key }: Named,
    id: string,
    named: readonly NamedPart[],
  ): Promise<string | undefined> {
    const answer = await this.uploads.answerOf(scope, id);
    if (!answer) return undefined;
    const { file, s3_tag: tag } = answer;
    if (file['bucket'] !== bucket || file['key'] !== key) throw noSuchUpload();
    if (tag?.endsWith(`-${named.length}`) !== true) throw noSuchUpload();
    return tag;
  }

  private async join(
    scope: Scope,
    name: Named,
    id: string,
    { named, request: asked, signal }: { named: readonly NamedPart[]; request: S3Request; signal: AbortSignal },
  ): Promise<string> {
    const { parts } = await this.uploadOf(scope, name, id);
    const chosen = chosenParts(parts, named);
    const conditions = await writeConditionsOf(
      asked.headers,
      async () => (await this.lookup.find(scope, name.bucket, name.key))?.row,
    );
    const tag = tagOfParts(chosen);
    const request = {
      // The hashes hold them to what was looked at: a part may be replaced meanwhile.
      parts: chosen.map(({ number: at, sha256 }) => ({ number: at, sha256: sha256.toString('hex') })),
      conditions,
      s3Tag: tag,
    };
    const answer = await this.joins
      .run(scope, id, signal, (stop) => this.uploads.complete(scope, id, { ...request, signal: stop }))
      .catch(async (error: unknown) => {
        // Aborted meanwhile: how the join noticed says less.
        if (!signal.aborted) await this.uploadOf(scope, name, id);
        throw error;
      });
    return answer.s3_tag ?? tag;
  }
}

const asNoSuchUpload = (error: unknown): never => {
  throw isMissing(error, 'upload') ? noSuchUpload() : error;
};
