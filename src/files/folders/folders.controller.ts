import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { decodeCursor, fingerprintOf, pageOf } from '../../common/paging';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { listOf } from '../../api/schemas';
import { bucketParams } from '../buckets/bucket.schemas';
import { BucketsService } from '../buckets/buckets.service';
import { presentFile } from '../objects/file';
import { fileSchema, listQuery } from '../objects/file.schemas';
import { following, FoldersRepository } from './folders.repository';

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/buckets/{bucket}/folder',
  operationId: 'listFolder',
  audit: 'read',
  tag: 'Files',
  summary: 'List one level of a bucket: its files and its folders',
  description:
    'What lies directly under `prefix`, as if "/" made folders. A page has `limit` files and folders in total, by key; a ' +
    'folder is listed once, with its slash; pass it as `prefix` to open it.',
  access: 'read',
  params: bucketParams,
  query: listQuery,
  responses: { 200: listOf(fileSchema).extend({ folders: z.array(z.string()) }) },
});

@Controller()
export class FoldersController {
  constructor(
    private readonly buckets: BucketsService,
    private readonly folders: FoldersRepository,
  ) {}

  @Endpoint(list)
  async list(@Input() { caller, params, query }: EndpointInput<typeof list>): Promise<unknown> {
    const { prefix, limit, after } = query;
    const bucket = await this.buckets.get(caller.scope, params.bucket);
    const print = fingerprintOf(['folder', params.bucket, prefix]);
    const from = after === undefined ? undefined : String(decodeCursor(after, print, 1, 'query:after')[0]);
    const entries = await this.folders.listLevel(caller.scope, bucket, { prefix, limit: limit + 1, from });
    const page = pageOf(
      entries,
      limit,
      (entry) => entry,
      (entry) => [following(entry)],
      print,
    );
    return {
      ...page,
      data: page.data.filter(({ folder }) => folder === null).map(presentFile),
      folders: page.data.flatMap(({ folder }) => (folder === null ? [] : [folder])),
    };
  }
}
