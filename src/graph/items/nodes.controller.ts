import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { etagOf, ifMatch } from '../../api/preconditions';
import { bodyLimit, listOf, nameSchema, pageQuery, recordIdSchema } from '../../api/schemas';
import { idsSchema, labelsSchema, filterSchema, nodesBody, nodeSchema, writtenSchema } from '../dto/graph.schemas';
import { presentNode } from '../graph';
import { NodesService } from './nodes.service';

const ofGraph = z.object({ graph: nameSchema });
const ofNode = z.object({ graph: nameSchema, id: recordIdSchema });
const tag = 'Graphs';
const WRITE_DEADLINE_MS = 60_000;

const upsert = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/nodes',
  operationId: 'upsertNodes',
  audit: 'write',
  tag,
  summary: 'Store nodes',
  description:
    'Stores up to 10,000 nodes, all or none. An existing node is replaced completely and keeps its edges. `ref` names the record, memory or file that a node stands for; when that is deleted, the node stays, without `ref` and with `ref_deleted_at`.',
  access: 'write',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.bulk,
  body: nodesBody,
  responses: { 200: writtenSchema },
  deadlineMs: WRITE_DEADLINE_MS,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs/{graph}/nodes',
  operationId: 'listNodes',
  audit: 'read',
  tag,
  summary: 'The nodes of a graph, by id',
  description: 'A page of at most `limit` nodes; `next_cursor` continues it. For filters see `nodes/query`.',
  access: 'read',
  params: ofGraph,
  query: pageQuery,
  responses: { 200: listOf(nodeSchema) },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs/{graph}/nodes/{id}',
  operationId: 'getNode',
  audit: 'read',
  tag,
  summary: 'A node',
  description: 'The answer has an `ETag`, which `DELETE` takes as `If-Match`.',
  access: 'read',
  params: ofNode,
  responses: { 200: nodeSchema, 304: null },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/graphs/{graph}/nodes/{id}',
  operationId: 'deleteNode',
  audit: 'write',
  tag,
  summary: 'Delete a node and its edges',
  description: '404 when there is no such node. `If-Match` refuses (412) when somebody changed it meanwhile.',
  access: 'write',
  params: ofNode,
  responses: { 204: null },
  deadlineMs: WRITE_DEADLINE_MS,
});

const query = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/nodes/query',
  operationId: 'queryNodes',
  audit: 'read',
  tag,
  summary: 'Nodes by ids, labels or filter, by page',
  description: 'By id. Pass `next_cursor` as `after`, with everything else as it was.',
  access: 'read',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({
    ids: idsSchema.optional(),
    labels: labelsSchema.optional().describe('All of them.'),
    filter: filterSchema.optional(),
    limit: bodyLimit(20, 1000),
    after: z.string().max(10_000).optional(),
  }),
  responses: { 200: listOf(nodeSchema) },
  idempotent: false,
});

const removeMany = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/nodes/delete',
  operationId: 'deleteNodes',
  audit: 'write',
  tag,
  summary: 'Delete nodes and their edges by ids',
  description: 'In one transaction. Counts the nodes that there were, and the edges that went with them.',
  access: 'write',
  params: ofGraph,
  maxBodyBytes: BODY_BYTES.many,
  body: z.strictObject({ ids: idsSchema }),
  responses: { 200: z.object({ deleted: z.int(), edges: z.int() }) },
  deadlineMs: WRITE_DEADLINE_MS,
});

@Controller()
export class NodesController {
  constructor(private readonly nodes: NodesService) {}

  @Endpoint(upsert)
  async upsert(@Input() { caller, params, body }: EndpointInput<typeof upsert>): Promise<unknown> {
    return await this.nodes.upsert(caller.scope, params.graph, body.nodes);
  }

  @Endpoint(list)
  async list(@Input() { caller, params, query: asked }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.nodes.list(caller.scope, params.graph, { ...asked, afterPath: 'query:after' });
    return { ...page, data: page.data.map(presentNode) };
  }

  @Endpoint(get)
  async get(@Input() { caller, params }: EndpointInput<typeof get>): Promise<Reply> {
    const row = await this.nodes.get(caller.scope, params.graph, params.id);
    return new Reply(200, presentNode(row), { etag: etagOf(row.version) });
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params, headers }: EndpointInput<typeof remove>): Promise<void> {
    await this.nodes.delete(caller.scope, params.graph, params.id, ifMatch(headers));
  }

  @Endpoint(query)
  async query(@Input() { caller, params, body }: EndpointInput<typeof query>): Promise<unknown> {
    const page = await this.nodes.list(caller.scope, params.graph, { ...body, afterPath: '/after' });
    return { ...page, data: page.data.map(presentNode) };
  }

  @Endpoint(removeMany)
  async removeMany(@Input() { caller, params, body }: EndpointInput<typeof removeMany>): Promise<unknown> {
    return await this.nodes.deleteMany(caller.scope, params.graph, body.ids);
  }
}
