import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { etagOf, ifMatch } from '../../api/preconditions';
import { bodyLimit, listOf, nameSchema, pageQuery, recordIdSchema } from '../../api/schemas';
import { edgesBody, edgeSchema, filterSchema, idsSchema, typesSchema, writtenSchema } from '../dto/graph.schemas';
import { presentEdge } from '../graph';
import { EdgesService } from './edges.service';

const ofGraph = z.object({ graph: nameSchema });
const ofEdge = z.object({ graph: nameSchema, id: recordIdSchema });
const tag = 'Graphs';
const WRITE_DEADLINE_MS = 60_000;

const upsert = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/edges',
  operationId: 'upsertEdges',
  audit: 'write',
  tag,
  summary: 'Store edges',
  description:
    'Stores up to 10,000 edges, all or none. Both ends must be there. An existing edge is replaced completely; two nodes may have many edges, each with its own id.',
  access: 'write',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.bulk,
  body: edgesBody,
  responses: { 200: writtenSchema },
  deadlineMs: WRITE_DEADLINE_MS,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs/{graph}/edges',
  operationId: 'listEdges',
  audit: 'read',
  tag,
  summary: 'The edges of a graph, by id',
  description: 'A page of at most `limit` edges; `next_cursor` continues it. For filters see `edges/query`.',
  access: 'read',
  params: ofGraph,
  query: pageQuery,
  responses: { 200: listOf(edgeSchema) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs/{graph}/edges/{id}',
  operationId: 'getEdge',
  audit: 'read',
  tag,
  summary: 'An edge',
  description: 'The answer has an `ETag`, which `DELETE` takes as `If-Match`.',
  access: 'read',
  params: ofEdge,
  responses: { 200: edgeSchema, 304: null },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/graphs/{graph}/edges/{id}',
  operationId: 'deleteEdge',
  audit: 'write',
  tag,
  summary: 'Delete an edge',
  description: '404 when there is no such edge. `If-Match` refuses (412) when somebody changed it meanwhile.',
  access: 'write',
  params: ofEdge,
  responses: { 204: null },
});

const query = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/edges/query',
  operationId: 'queryEdges',
  audit: 'read',
  tag,
  summary: 'Edges by ids, ends, types or filter, by page',
  description: 'By id, whether they hold now or not. Pass `next_cursor` as `after`, with everything else as it was.',
  access: 'read',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({
    ids: idsSchema.optional(),
    types: typesSchema.optional(),
    source: recordIdSchema.optional(),
    target: recordIdSchema.optional(),
    filter: filterSchema.optional(),
    limit: bodyLimit(20, 1000),
    after: z.string().max(10_000).optional(),
  }),
  responses: { 200: listOf(edgeSchema) },
  idempotent: false,
});

const removeMany = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/edges/delete',
  operationId: 'deleteEdges',
  audit: 'write',
  tag,
  summary: 'Delete edges by ids',
  description: 'In one transaction. Counts those that there were.',
  access: 'write',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({ ids: idsSchema }),
  responses: { 200: z.object({ deleted: z.int() }) },
  deadlineMs: WRITE_DEADLINE_MS,
});

@Controller()
export class EdgesController {
  constructor(private readonly edges: EdgesService) {}

  @Endpoint(upsert)
  async upsert(@Input() { caller, params, body }: EndpointInput<typeof upsert>): Promise<unknown> {
    return await this.edges.upsert(caller.scope, params.graph, body.edges);
  }

  @Endpoint(list)
  async list(@Input() { caller, params, query: asked }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.edges.list(caller.scope, params.graph, { ...asked, afterPath: 'query:after' });
    return { ...page, data: page.data.map(presentEdge) };
  }

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<Reply> {
    const row = await this.edges.get(caller.scope, params.graph, params.id);
    return new Reply(200, presentEdge(row), { etag: etagOf(row.version) });
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params, headers }: EndpointInput<typeof remove>): Promise<void> {
    await this.edges.delete(caller.scope, params.graph, params.id, ifMatch(headers));
  }

  @Endpoint(query)
  async query(@Input() { caller, params, body }: EndpointInput<typeof query>): Promise<unknown> {
    const page = await this.edges.list(caller.scope, params.graph, { ...body, afterPath: '/after' });
    return { ...page, data: page.data.map(presentEdge) };
  }

  @Endpoint(removeMany)
  async removeMany(@Input() { caller, params, body }: EndpointInput<typeof removeMany>): Promise<unknown> {
    return { deleted: await this.edges.deleteMany(caller.scope, params.graph, body.ids) };
  }
}
