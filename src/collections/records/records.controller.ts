import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../../common/errors';
import { parseFilter } from '../../common/filter';
import type { Page } from '../../common/paging';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { etagOf, ifMatch } from '../../api/preconditions';
import { bodyLimit, listOf, nameSchema, queryLimit, recordIdSchema } from '../../api/schemas';
import {
  filterSchema,
  idsSchema,
  includeBody,
  includeQuery,
  queryInclude,
  recordPatch,
  recordSchema,
  sortSchema,
  toInclude,
  upsertBody,
  vectorFormat,
} from '../dto/record.schemas';
import { presentRecord, type VectorFormat } from './record-presenter';
import type { RecordRow } from './record-rows';
import { RecordsService } from './records.service';

const tag = 'Records';
const ofCollection = z.object({ collection: nameSchema });
const ofRecord = z.object({ collection: nameSchema, id: recordIdSchema });
const reading = { include: includeQuery, vector_format: vectorFormat };
/** Texts are embedded before the answer: ten thousand take a while. */
const WRITE_DEADLINE_MS = 60_000;

const upsert = defineEndpoint({
  method: 'PUT',
  path: '/v1/collections/{collection}/records',
  operationId: 'upsertRecords',
  audit: 'write',
  tag,
  summary: 'Store records',
  description:
    'Stores up to 10,000 records, all or none. An existing record is replaced completely. Every search sees them from now on; ' +
    'with `wait: "indexed"` the answer waits until the followers have them too, up to ten seconds, and says so in `indexed`.',
  access: 'write',
  params: ofCollection,
  maxBodyBytes: BODY_BYTES.bulk,
  body: upsertBody,
  responses: {
    200: z.object({ upserted: z.number().int(), ids: z.array(z.string()), indexed: z.boolean().optional() }),
  },
  deadlineMs: WRITE_DEADLINE_MS,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/collections/{collection}/records',
  operationId: 'listRecords',
  audit: 'read',
  tag,
  summary: 'The records of a collection, by id',
  description:
    'A page of at most `limit` records; `next_cursor` continues it. A walk over all pages misses no record that was there throughout, also while others write.',
  access: 'read',
  params: ofCollection,
  query: z.strictObject({ limit: queryLimit(20, 1000), after: z.string().max(4000).optional(), ...reading }),
  responses: { 200: listOf(recordSchema) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/collections/{collection}/records/{id}',
  operationId: 'getRecord',
  audit: 'read',
  tag,
  summary: 'A record',
  description:
    'With its text and metadata; `include` names other parts, such as `vector`. The answer has an `ETag`, which `PATCH` and `DELETE` take as `If-Match`.',
  access: 'read',
  params: ofRecord,
  query: z.strictObject(reading),
  responses: { 200: recordSchema, 304: null },
});

const patch = defineEndpoint({
  method: 'PATCH',
  path: '/v1/collections/{collection}/records/{id}',
  operationId: 'patchRecord',
  audit: 'write',
  tag,
  summary: 'Change a record',
  description:
    'Merges metadata (JSON merge patch), replaces text and vector, and of the vectors with names those that it names. A patch without effect keeps the version.',
  access: 'write',
  params: ofRecord,
  maxBodyBytes: BODY_BYTES.bulk,
  body: recordPatch,
  responses: { 200: recordSchema },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/collections/{collection}/records/{id}',
  operationId: 'deleteRecord',
  audit: 'write',
  tag,
  summary: 'Delete a record',
  description: '404 when there is no such record. `If-Match` refuses (412) when somebody changed it meanwhile.',
  access: 'write',
  params: ofRecord,
  responses: { 204: null },
});

const query = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/records/query',
  operationId: 'queryRecords',
  audit: 'read',
  tag,
  summary: 'Records by ids or filter, sorted, by page',
  description:
    'Those named by `ids`, or all that match `filter`, sorted by up to three fields (absent values last) or by id. Pass `next_cursor` as `after`, with the same filter and sort.',
  access: 'read',
  params: ofCollection,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({
    ids: idsSchema.optional(),
    filter: filterSchema.optional(),
    sort: sortSchema.optional(),
    limit: bodyLimit(20, 1000),
    after: z.string().max(10_000).optional(),
    include: includeBody,
    vector_format: vectorFormat,
  }),
  responses: { 200: listOf(recordSchema) },
  idempotent: false,
});

const removeMany = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/records/delete',
  operationId: 'deleteRecords',
  audit: 'write',
  tag,
  summary: 'Delete records by ids or filter',
  description: 'Needs `ids` or `filter`. To delete everything send `{"filter": {}, "all": true}`.',
  access: 'write',
  params: ofCollection,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({ ids: idsSchema.optional(), filter: filterSchema.optional(), all: z.boolean().optional() }),
  responses: { 200: z.object({ deleted: z.number().int() }) },
  deadlineMs: WRITE_DEADLINE_MS,
});

const count = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/records/count',
  operationId: 'countRecords',
  audit: 'read',
  tag,
  summary: 'How many records match',
  description: 'Counts exactly; without `filter` all records of the collection.',
  access: 'read',
  params: ofCollection,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({ ids: idsSchema.optional(), filter: filterSchema.optional() }),
  responses: { 200: z.object({ count: z.number().int() }) },
  idempotent: false,
});

@Controller()
export class RecordsController {
  constructor(private readonly records: RecordsService) {}

  @Endpoint(upsert)
  async upsert(@Input() { caller, params, body, signal }: EndpointInput<typeof upsert>): Promise<unknown> {
    const { upserted, ids } = await this.records.upsert(caller.scope, params.collection, body.records, signal);
    if (body.wait !== 'indexed') return { upserted, ids };
    return { upserted, ids, indexed: await this.records.indexed(caller.scope, params.collection, ids, signal) };
  }

  @Endpoint(list)
  async list(@Input() { caller, params, query: asked }: EndpointInput<typeof list>): Promise<unknown> {
    const request = { ...asked, include: queryInclude(asked.include), afterPath: 'query:after' };
    return presentPage(await this.records.list(caller.scope, params.collection, request), asked.vector_format);
  }

  @Endpoint(get)
  async get(@Input() { caller, params, query: asked }: EndpointInput<typeof get>): Promise<Reply> {
    const include =
      asked.include === undefined ? toInclude(['metadata', 'text', 'vector', 'vectors']) : queryInclude(asked.include);
    return reply(await this.records.get(caller.scope, params.collection, params.id, include), asked.vector_format);
  }

  @Endpoint(patch)
  async patch(@Input() { caller, params, body, headers, signal }: EndpointInput<typeof patch>): Promise<Reply> {
    const { scope } = caller;
    const { collection, id } = params;
    const changed = await this.records.patch(scope, collection, id, body, ifMatch(headers), signal);
    if (body.wait === 'indexed') await this.records.indexed(scope, collection, [id], signal);
    return reply(changed);
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params, headers }: EndpointInput<typeof remove>): Promise<void> {
    await this.records.delete(caller.scope, params.collection, params.id, ifMatch(headers));
  }

  @Endpoint(query)
  async query(@Input() { caller, params, body }: EndpointInput<typeof query>): Promise<unknown> {
    const { filter, ...asked } = body;
    const page = await this.records.list(caller.scope, params.collection, {
      ...asked,
      ...selectionOf(body),
      rawFilter: filter,
      include: toInclude(body.include),
      afterPath: '/after',
    });
    return presentPage(page, body.vector_format);
  }

  @Endpoint(removeMany)
  async removeMany(@Input() { caller, params, body }: EndpointInput<typeof removeMany>): Promise<unknown> {
    mustSayAll(body);
    return { deleted: await this.records.deleteMany(caller.scope, params.collection, selectionOf(body)) };
  }

  @Endpoint(count)
  async count(@Input() { caller, params, body }: EndpointInput<typeof count>): Promise<unknown> {
    return { count: await this.records.count(caller.scope, params.collection, selectionOf(body)) };
  }
}

const selectionOf = (body: { ids?: string[] | undefined; filter?: Record<string, unknown> | undefined }) => ({
  ids: body.ids,
  filter: body.filter === undefined ? undefined : parseFilter(body.filter, { basePath: '/filter' }),
});

/** Deleting everything is never the meaning of an empty object alone. */
function mustSayAll(body: {
  ids?: string[] | undefined;
  filter?: Record<string, unknown> | undefined;
  all?: boolean | undefined;
}): void {
  if (body.ids === undefined && body.filter === undefined) throw invalidAt('', 'needs ids or a filter');
  const everything = body.ids === undefined && Object.keys(body.filter ?? {}).length === 0;
  if (everything && body.all !== true) throw invalidAt('/all', 'must be true to delete every record');
}

const reply = (row: RecordRow, format: VectorFormat = 'array'): Reply =>
  new Reply(200, presentRecord(row, format), { etag: etagOf(row.version) });

const presentPage = (page: Page<RecordRow>, format: VectorFormat = 'array'): unknown => ({
  ...page,
  data: page.data.map((row) => presentRecord(row, format)),
});
