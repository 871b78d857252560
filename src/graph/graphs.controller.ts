import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../api/endpoint';
import { etagOf, ifMatch, ifNoneMatchAny } from '../api/preconditions';
import { listOf, nameSchema, pageQuery } from '../api/schemas';
import { graphSchema, putGraphBody } from './dto/graph.schemas';
import { presentGraph } from './graph';
import { GraphsService } from './graphs.service';

const params = z.object({ graph: nameSchema });
const tag = 'Graphs';
/** Everything in it goes in the same transaction. */
const DELETE_DEADLINE_MS = 60_000;

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs',
  operationId: 'listGraphs',
  audit: 'read',
  tag,
  summary: 'The graphs of the project, by name',
  description: 'A page of at most `limit` graphs; `next_cursor` continues it.',
  access: 'read',
  query: pageQuery,
  responses: { 200: listOf(graphSchema) },
});

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/graphs/{graph}',
  operationId: 'putGraph',
  audit: 'admin',
  tag,
  summary: 'Create a graph',
  description:
    'Creates the graph, or sets the description of the one there is. `If-None-Match: *` creates only; `If-Match` refuses (412) when somebody changed it meanwhile.',
  access: 'write',
  params,
  body: putGraphBody,
  responses: { 200: graphSchema, 201: graphSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/graphs/{graph}',
  operationId: 'getGraph',
  audit: 'read',
  tag,
  summary: 'A graph, and how many nodes and edges it has',
  description: 'Counts exactly. The answer has an `ETag`, which `PUT` and `DELETE` take as `If-Match`.',
  access: 'read',
  // It counts every row.
  kind: 'analysis',
  params,
  responses: { 200: graphSchema, 304: null },
  deadlineMs: 10_000,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/graphs/{graph}',
  operationId: 'deleteGraph',
  audit: 'admin',
  tag,
  summary: 'Delete a graph with its nodes and edges',
  description: 'Cannot be undone. The records, memories and files that nodes stand for stay.',
  access: 'write',
  params,
  responses: { 204: null },
  deadlineMs: DELETE_DEADLINE_MS,
});

@Controller()
export class GraphsController {
  constructor(private readonly graphs: GraphsService) {}

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.graphs.list(caller.scope, query.limit, query.after);
    return { ...page, data: page.data.map(presentGraph) };
  }

  @Endpoint(put)
  async put(@Input() { caller, params: { graph: name }, body, headers }: EndpointInput<typeof put>): Promise<Reply> {
    const conditions = { createOnly: ifNoneMatchAny(headers), version: ifMatch(headers) };
    const { graph, created } = await this.graphs.put(caller.scope, name, body.description, conditions);
    return new Reply(created ? 201 : 200, presentGraph(graph), { etag: etagOf(graph.version) });
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { graph: name } }: EndpointInput<typeof get>): Promise<Reply> {
    const { graph, counts } = await this.graphs.get(caller.scope, name);
    return new Reply(200, { ...presentGraph(graph), ...counts }, { etag: etagOf(graph.version) });
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params: { graph: name }, headers }: EndpointInput<typeof remove>): Promise<void> {
    await this.graphs.delete(caller.scope, name, ifMatch(headers));
  }
}
