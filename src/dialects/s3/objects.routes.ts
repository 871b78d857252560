import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import type { Scope } from '../../common/scope';
import { filesConfig, type FilesSettings } from '../../config';
import { isNotModified, mayUseRange, type WriteConditions } from '../../files/objects/conditions';
import { FileDownloads } from '../../files/objects/file-downloads';
import { FileLookup } from '../../files/objects/file-lookup';
import { FilesService } from '../../files/objects/files.service';
import { overrideHeaders, overrideQuery } from '../../files/objects/response-overrides';
import { s3TagOf } from '../../files/objects/s3-tag';
import { objectAspect, ownerOf } from './aspects';
import { Content } from './body/content';
import { readConditions, writeConditionsOf } from './conditions';
import { invalidArgument, isMissing } from './errors';
import { factsIn, headersOf, mustBeOwner, mustBeServed } from './object-headers';
import { OBJECT_ASPECTS } from './operation';
import { objectParams, OF_OBJECT, reading, writing } from './route';
import { s3RequestOf, type S3Request } from './s3-request';
import { writeS3Xml, XML_TYPE } from './xml';

const XML = { 'content-type': XML_TYPE };
const ANY = '*/*';

const put = defineEndpoint({
  ...writing,
  kind: 'free',
  method: 'PUT',
  path: OF_OBJECT,
  operationId: 's3PutObject',
  params: objectParams,
  body: { stream: ANY },
  deadlineMs: null,
});
const get = defineEndpoint({
  ...reading,
  kind: 'free',
  method: 'GET',
  path: OF_OBJECT,
  operationId: 's3GetObject',
  params: objectParams,
  query: z.strictObject(overrideQuery),
  responses: { 200: ANY, 206: ANY, 304: null },
  deadlineMs: null,
});
const head = defineEndpoint({
  ...reading,
  method: 'HEAD',
  path: OF_OBJECT,
  operationId: 's3HeadObject',
  params: objectParams,
  query: z.strictObject(overrideQuery),
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: OF_OBJECT,
  operationId: 's3DeleteObject',
  params: objectParams,
});
const attributes = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_OBJECT,
  operationId: 's3GetObjectAttributes',
  params: objectParams,
});
const aspect = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_OBJECT,
  operationId: 's3GetObjectAspect',
  params: objectParams,
});

/** Objects, which are files. */
@Injectable()
export class ObjectRoutes {
  constructor(
    private readonly files: FilesService,
    private readonly lookup: FileLookup,
    private readonly downloads: FileDownloads,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  @Endpoint(put)
  async put({ caller, params, raw, signal }: EndpointInput<typeof put>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    const facts = factsIn(request.headers);
    const content = new Content(request);
    const { file } = await this.files.put(
      caller.scope,
      {
        ...params,
        facts,
        size: content.size,
        sha256: content.sha256,
        conditions: await this.conditions(caller.scope, params, request),
        s3Tag: () => content.md5.toString('hex'),
        signal,
      },
      content.bytes(raw.raw, this.settings.minUploadBytes, facts.contentEncoding),
    );
    return new Reply(200, undefined, { etag: `"${s3TagOf(file)}"` });
  }

  @Endpoint(head)
  async head({ caller, params, query, raw }: EndpointInput<typeof head>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeOwner(request.headers, ownerOf(caller.scope).ID);
    const { row } = await this.files.find(caller.scope, params.bucket, params.key);
    const about = { ...headersOf(row), ...overrideHeaders(query) };
    const conditions = readConditions(request.headers);
    const isKnown = isNotModified(conditions, { tag: `"${s3TagOf(row)}"`, updatedAt: row.updated_at });
    if (isKnown) return new Reply(304, undefined, about);
    return new Reply(200, undefined, { ...about, 'content-length': String(row.size) });
  }

  @Endpoint(get)
  async get({ caller, params, query, raw, signal }: EndpointInput<typeof get>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeOwner(request.headers, ownerOf(caller.scope).ID);
    const { scope } = caller;
    const file = await this.files.find(scope, params.bucket, params.key);
    const about = { ...headersOf(file.row), ...overrideHeaders(query) };
    const conditions = readConditions(request.headers);
    const validators = { tag: `"${s3TagOf(file.row)}"`, updatedAt: file.row.updated_at };
    if (isNotModified(conditions, validators)) return new Reply(304, undefined, about);
    const range = mayUseRange(conditions, validators) ? conditions['range'] : undefined;
    return this.downloads.answer({ scope, file, signal }, about, range);
  }

  /** One that does not exist is as good as deleted. */
  @Endpoint(remove)
  async remove({ caller, params, raw }: EndpointInput<typeof remove>): Promise<Reply> {
    const request = s3RequestOf(raw);
    mustBeServed(request.headers, ownerOf(caller.scope).ID);
    const conditions = await this.conditions(caller.scope, params, request);
    await this.files.delete(caller.scope, params.bucket, params.key, conditions).catch((error: unknown) => {
      if (!isMissing(error, 'file')) throw error;
    });
    return new Reply(204, undefined);
  }

  @Endpoint(attributes)
  async attributes({ caller, params, raw }: EndpointInput<typeof attributes>): Promise<Reply> {
    const wanted = attributesIn(s3RequestOf(raw).headers);
    const { row } = await this.files.find(caller.scope, params.bucket, params.key);
    const shown = {
      ETag: wanted.has('ETag') ? s3TagOf(row) : undefined,
      StorageClass: wanted.has('StorageClass') ? 'STANDARD' : undefined,
      ObjectSize: wanted.has('ObjectSize') ? row.size : undefined,
    };
    const headers = { ...XML, 'last-modified': row.updated_at.toUTCString() };
    return new Reply(200, writeS3Xml('GetObjectAttributesResponse', shown), headers);
  }

  @Endpoint(aspect)
  async aspect({ caller, params, raw }: EndpointInput<typeof aspect>): Promise<Reply> {
    await this.files.find(caller.scope, params.bucket, params.key);
    const { query } = s3RequestOf(raw).target;
    const wanted = OBJECT_ASPECTS.find((one) => query.some(([given]) => given === one));
    return new Reply(200, objectAspect(wanted, ownerOf(caller.scope)), XML);
  }

  private conditions(
    scope: Scope,
    { bucket, key }: { readonly bucket: string; readonly key: string },
    { headers }: S3Request,
  ): Promise<WriteConditions> {
    return writeConditionsOf(headers, async () => (await this.lookup.find(scope, bucket, key))?.row);
  }
}

const ATTRIBUTES: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);

const attributesIn = ({ 'x-amz-object-attributes': header = '' }: S3Request['headers']): ReadonlySet<string> => {
  const names = header.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ATTRIBUTES.has(name));
  if (unknown !== undefined) throw invalidArgument('Invalid attribute name specified.');
  return new Set(names);
};
