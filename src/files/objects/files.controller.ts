import { Controller, Inject } from '@nestjs/common';
import { DEFAULT_DEADLINE_MS } from '../../common/deadline';
import { filesConfig, type FilesSettings } from '../../config';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { listOf } from '../../api/schemas';
import { bucketParams } from '../buckets/bucket.schemas';
import { contentTag, isNotModified, mayUseRange, writeConditions } from './conditions';
import { FileAccess } from './file-access';
import { presentFile, type FileRow } from './file';
import { FileDownloads } from './file-downloads';
import { copyBody, fileParams, fileSchema, getQuery, listQuery, signedQuery } from './file.schemas';
import { FilesService, parseSha256 } from './files.service';
import { checkedGrant } from './grant-check';
import { overrideHeaders } from './response-overrides';
import {
  attachment,
  contentEncodingIn,
  contentTypeIn,
  dispositionIn,
  metadataHeaders,
  metadataIn,
  sentBody,
  sentSize,
} from './upload-body';

const tag = 'Files';
const ANY = '*/*';

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/files/{bucket}/{key*}',
  operationId: 'putFile',
  audit: 'write',
  tag,
  summary: 'Store a file',
  description:
    'Streams a body of any size. Responds when the bytes are durable and their hash is known; with `X-Content-SHA256` ' +
    'they are rejected unless the hash matches. A body with the `Content-Encoding` gzip or br is stored, hashed and served as ' +
    'it is sent. `ZeroDB-Meta-*` headers and `Content-Disposition` are kept with the file.',
  access: 'write',
  guests: true,
  params: fileParams,
  query: signedQuery,
  body: { stream: ANY },
  responses: { 200: fileSchema, 201: fileSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/files/{bucket}/{key*}',
  operationId: 'getFile',
  audit: 'read',
  kind: 'free',
  tag,
  summary: 'Read a file',
  description:
    '`Range`, `If-None-Match`, `If-Match`, `If-Modified-Since`, `If-Range`. Every byte is checked before it is sent; ' +
    '`ZeroDB-Served-By` names the store.',
  access: 'read',
  guests: true,
  params: fileParams,
  query: getQuery,
  ignoresUnknownQuery: true,
  responses: { 200: ANY, 206: ANY, 304: null },
  deadlineMs: null,
});

const head = defineEndpoint({
  ...get,
  method: 'HEAD',
  operationId: 'headFile',
  audit: 'read',
  summary: 'The headers of a file, without its bytes',
  responses: { 200: null, 304: null },
  deadlineMs: DEFAULT_DEADLINE_MS,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/files/{bucket}/{key*}',
  operationId: 'deleteFile',
  audit: 'write',
  tag,
  summary: 'Delete a file',
  description:
    '404 when there is no such file. Its bytes are removed later, once no other file has the same content. `If-Match` refuses (412) when it was replaced meanwhile.',
  access: 'write',
  guests: true,
  params: fileParams,
  query: signedQuery,
  responses: { 204: null },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/files/{bucket}',
  operationId: 'listFiles',
  audit: 'read',
  tag,
  summary: 'The files of a bucket, by key',
  description:
    'Every file whose key begins with `prefix`, at most `limit` a page; `next_cursor` continues it. For one folder at a time, see `GET /v1/buckets/{bucket}/folder`.',
  access: 'read',
  params: bucketParams,
  query: listQuery,
  responses: { 200: listOf(fileSchema) },
});

const copy = defineEndpoint({
  method: 'POST',
  path: '/v1/files/{bucket}/copy',
  operationId: 'copyFile',
  audit: 'write',
  tag,
  summary: 'Copy a file, without moving its bytes',
  description:
    'The new file refers to the same stored bytes, so that a copy of any size takes no time. Both files live on their own from then on.',
  access: 'write',
  params: bucketParams,
  body: copyBody,
  responses: { 200: fileSchema, 201: fileSchema },
});

@Controller()
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly access: FileAccess,
    private readonly downloads: FileDownloads,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  @Endpoint(put)
  async put(@Input() { caller, params, query, headers, raw, signal }: EndpointInput<typeof put>): Promise<Reply> {
    const request = { ...params, method: 'PUT', query, caller, project: headers['zerodb-project'] } as const;
    const { scope, grant } = await this.access.admit(request);
    const declared = parseSha256(headers['x-content-sha256'], 'header:x-content-sha256');
    const granted = checkedGrant(grant, contentTypeIn(headers), declared);
    const facts = {
      contentType: contentTypeIn(headers),
      contentEncoding: contentEncodingIn(headers),
      disposition: dispositionIn(headers),
      metadata: metadataIn(headers),
    };
    const { file, created } = await this.files.put(
      scope,
      {
        ...params,
        ...granted,
        facts,
        size: sentSize(headers),
        conditions: writeConditions(headers),
        signal,
      },
      sentBody(raw.raw, facts.contentEncoding, this.settings.minUploadBytes),
    );
    return new Reply(created ? 201 : 200, presentFile(file), { etag: contentTag(file.sha256) });
  }

  // Before the route for GET: otherwise Fastify derives a HEAD route from that.
  @Endpoint(head)
  async head(@Input() { caller, params, query, headers }: EndpointInput<typeof head>): Promise<Reply> {
    const request = { ...params, method: 'HEAD', query, caller, project: headers['zerodb-project'] } as const;
    const { scope } = await this.access.admit(request);
    const { row } = await this.files.find(scope, params.bucket, params.key);
    const about = headersOf(row, query);
    const isKnown = isNotModified(headers, { tag: contentTag(row.sha256), updatedAt: row.updated_at });
    return new Reply(
      isKnown ? 304 : 200,
      undefined,
      isKnown ? about : { ...about, 'content-length': String(row.size) },
    );
  }

  @Endpoint(get)
  async get(@Input() { caller, params, query, headers, signal }: EndpointInput<typeof get>): Promise<Reply> {
    const request = { ...params, method: 'GET', query, caller, project: headers['zerodb-project'] } as const;
    const { scope } = await this.access.admit(request);
    const file = await this.files.find(scope, params.bucket, params.key);
    const about = headersOf(file.row, query);
    const validators = { tag: contentTag(file.row.sha256), updatedAt: file.row.updated_at };
    if (isNotModified(headers, validators)) return new Reply(304, undefined, about);
    const range = mayUseRange(headers, validators) ? headers['range'] : undefined;
    return this.downloads.answer({ scope, file, signal }, about, range);
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params, query, headers }: EndpointInput<typeof remove>): Promise<void> {
    const request = { ...params, method: 'DELETE', query, caller, project: headers['zerodb-project'] } as const;
    const { scope } = await this.access.admit(request);
    await this.files.delete(scope, params.bucket, params.key, writeConditions(headers));
  }

  @Endpoint(list)
  async list(@Input() { caller, params, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { prefix, limit, after } = query;
    const page = await this.files.list(caller.scope, params.bucket, { prefix, limit, after });
    return { ...page, data: page.data.map(presentFile) };
  }

  @Endpoint(copy)
  async copy(@Input() { caller, params, body, headers }: EndpointInput<typeof copy>): Promise<Reply> {
    const from = { bucket: params.bucket, key: body.key };
    const to = { bucket: body.to_bucket ?? params.bucket, key: body.to_key };
    const { file, created } = await this.files.copy(caller.scope, from, to, writeConditions(headers));
    return new Reply(created ? 201 : 200, presentFile(file), { etag: contentTag(file.sha256) });
  }
}

/** Values of `download` that name no file. */
const KEYS_NAME = ['', '1', 'true'];

/** Response headers of a file, with or without its bytes. */
const headersOf = (row: FileRow, query: EndpointInput<typeof get>['query']): Record<string, string> => {
  const { download } = query;
  const isKeys = download !== undefined && KEYS_NAME.includes(download.toLowerCase());
  const name = isKeys ? (row.key.split('/').at(-1) ?? row.key) : download;
  const disposition = name === undefined ? row.disposition : attachment(name);
  return {
    ...metadataHeaders(row.metadata),
    'content-type': row.content_type,
    etag: contentTag(row.sha256),
    'last-modified': row.updated_at.toUTCString(),
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'x-content-sha256': row.sha256.toString('hex'),
    'zerodb-version': String(row.version),
    ...(disposition === null ? {} : { 'content-disposition': disposition }),
    ...(row.content_encoding === null ? {} : { 'content-encoding': row.content_encoding }),
    ...overrideHeaders(query),
  };
};
