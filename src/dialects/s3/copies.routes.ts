import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import type { Scope } from '../../common/scope';
import { FileLookup } from '../../files/objects/file-lookup';
import { FilesService } from '../../files/objects/files.service';
import { s3TagOf } from '../../files/objects/s3-tag';
import type { UploadPart } from '../../files/uploads/uploads.repository';
import { UploadsService, type PartRequest } from '../../files/uploads/uploads.service';
import { ownerOf } from './aspects';
import { writeConditionsOf } from './conditions';
import { copyRangeIn, copySourceIn, mustBeAsWanted } from './copy-source';
import { invalidArgument, invalidRequest, noSuchUpload } from './errors';
import { factsIn, mustBeServed } from './object-headers';
import { partNumberIn, uploadQuery } from './part-number';
import { partTag } from './parts';
import { objectParams, OF_OBJECT, writing } from './route';
import { s3RequestOf } from './s3-request';
import { writeS3Xml, XML_TYPE } from './xml';

const XML = { 'content-type': XML_TYPE };

const copy = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: OF_OBJECT,
  operationId: 's3CopyObject',
  params: objectParams,
});
const copyPart = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: OF_OBJECT,
  operationId: 's3UploadPartCopy',
  kind: 'transfers',
  params: objectParams,
  query: uploadQuery,
  deadlineMs: null,
});

const directive = z.enum(['COPY', 'REPLACE']).default('COPY');

/** What is made of an object that exists. Source and target belong to the key's project. */
@Injectable()
export class CopyRoutes {
  constructor(
    private readonly files: FilesService,
    private readonly lookup: FileLookup,
    private readonly uploads: UploadsService,
  ) {}

  @Endpoint(copy)
  async copy({ caller, params: to, raw }: EndpointInput<typeof copy>): Promise<Reply> {
    const { headers } = s3RequestOf(raw);
    mustBeServed(headers, ownerOf(caller.scope).ID);
    const from = copySourceIn(headers);
    const wanted = directive.safeParse(headers['x-amz-metadata-directive']);
    if (!wanted.success) throw invalidArgument('Unknown metadata directive.');
    const replaces = wanted.data === 'REPLACE';
    if (!replaces && from.bucket === to.bucket && from.key === to.key) throw ontoItself();
    const source = await this.files.find(caller.scope, from.bucket, from.key);
    mustBeAsWanted(source, headers);
    // The coding is of the bytes, which stay as they are.
    const facts = replaces ? { ...factsIn(headers), contentEncoding: source.row.content_encoding } : undefined;
    const conditions = await writeConditionsOf(
      headers,
      async () => (await this.lookup.find(caller.scope, to.bucket, to.key))?.row,
    );
    const { file } = await this.files.copyOf(caller.scope, source, to, { conditions, facts });
    const shown = { LastModified: file.updated_at.toISOString(), ETag: `"${s3TagOf(file)}"` };
    return new Reply(200, writeS3Xml('CopyObjectResult', shown), XML);
  }

  /** Reads and stores the bytes again: a part is a range of its source. */
  @Endpoint(copyPart)
  async copyPart({ caller, params, query, raw, signal }: EndpointInput<typeof copyPart>): Promise<Reply> {
    const { headers } = s3RequestOf(raw);
    mustBeServed(headers, ownerOf(caller.scope).ID);
    const number = partNumberIn(query);
    const { upload } = await this.uploads.get(caller.scope, query.uploadId);
    if (upload.bucket !== params.bucket || upload.key !== params.key) throw noSuchUpload();
    const from = copySourceIn(headers);
    const source = await this.files.find(caller.scope, from.bucket, from.key);
    mustBeAsWanted(source, headers);
    const range = copyRangeIn(headers, source.row.size);
    const { bytes } = await this.files.open(caller.scope, source, range, signal);
    try {
      const stored = await this.store(
        caller.scope,
        query.uploadId,
        { number, size: range.end - range.start, signal },
        bytes,
      );
      const shown = { LastModified: new Date().toISOString(), ETag: `"${partTag(stored)}"` };
      return new Reply(200, writeS3Xml('CopyPartResult', shown), XML);
    } finally {
      // What is refused before the first byte leaves the store's stream open.
      await bytes[Symbol.asyncIterator]().return?.();
    }
  }

  private async store(
    scope: Scope,
    id: string,
    part: Pick<PartRequest, 'number' | 'size' | 'signal'>,
    bytes: AsyncIterable<Buffer>,
  ): Promise<UploadPart> {
    const hash = createHash('md5');
    let md5: Buffer | undefined;
    const request = { ...part, md5: () => (md5 ??= hash.digest()) };
    return await this.uploads.putPart(scope, id, request, hashed(bytes, hash));
  }
}

async function* hashed(bytes: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}

const ontoItself = (): Error =>
  invalidRequest(
    'This copy request is illegal because it is trying to copy an object to itself without changing its metadata.',
  );
