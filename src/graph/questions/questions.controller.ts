import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { listOf, nameSchema } from '../../api/schemas';
import {
  commonBody,
  commonSchema,
  neighborSchema,
  neighborsBody,
  pathsBody,
  pathsSchema,
  traversalSchema,
  traverseBody,
} from '../dto/question.schemas';
import { NeighborsService } from './neighbors.service';
import { QuestionsService } from './questions.service';

const params = z.object({ graph: nameSchema });
const tag = 'Graphs';
const DEADLINE_MS = 10_000;
const BOUNDED =
  'It ends at `max_nodes`, `max_edges`, `limit` or the time of the request; then `truncated` is true, and `truncated_by` says which.';

const neighbors = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/neighbors',
  operationId: 'findNeighbors',
  audit: 'read',
  tag,
  summary: 'The neighbours of a node, with the edges to them',
  description:
    'In the order of the types and ids of the edges, of `both` those that lead away first; a node may occur once for each edge. A page may have fewer than `limit` while `has_more` is true: a filter looks through a bounded number of edges for a page.',
  access: 'read',
  params,
  body: neighborsBody,
  responses: { 200: listOf(neighborSchema) },
  idempotent: false,
});

const traverse = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/traverse',
  operationId: 'traverseGraph',
  audit: 'read',
  tag,
  summary: 'The nodes within some edges of others',
  description: `The nearest first, then by id. The walk passes only nodes and edges that match. ${BOUNDED}`,
  access: 'read',
  kind: 'analysis',
  params,
  body: traverseBody,
  responses: { 200: traversalSchema },
  idempotent: false,
  deadlineMs: DEADLINE_MS,
});

const paths = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/paths',
  operationId: 'findPaths',
  audit: 'read',
  tag,
  summary: 'Paths between two nodes',
  description:
    `The \`shortest\`, the \`k_shortest\` (\`limit\`), or \`all\` without loops up to \`max_depth\`, the shortest first; by the number of edges, or by their weights. Nodes between the ends must match. ${BOUNDED} ` +
    'A path that is shown is never one that a longer search would have ranked lower, but in the mode `all`.',
  access: 'read',
  kind: 'analysis',
  params,
  body: pathsBody,
  responses: { 200: pathsSchema },
  idempotent: false,
  deadlineMs: DEADLINE_MS,
});

const common = defineEndpoint({
  method: 'POST',
  path: '/v1/graphs/{graph}/common-neighbors',
  operationId: 'findCommonNeighbors',
  audit: 'read',
  tag,
  summary: 'The nodes that are neighbours of each of several',
  description: `By id. ${BOUNDED}`,
  access: 'read',
  kind: 'analysis',
  params,
  body: commonBody,
  responses: { 200: commonSchema },
  idempotent: false,
  deadlineMs: DEADLINE_MS,
});

@Controller()
export class QuestionsController {
  constructor(
    private readonly questions: QuestionsService,
    private readonly neighbours: NeighborsService,
  ) {}

  @Endpoint(neighbors)
  async neighbors(
    @Input() { caller, params: { graph }, body, signal }: EndpointInput<typeof neighbors>,
  ): Promise<unknown> {
    return await this.neighbours.page(caller.scope, graph, body, signal);
  }

  @Endpoint(traverse)
  async traverse(
    @Input() { caller, params: { graph }, body, signal }: EndpointInput<typeof traverse>,
  ): Promise<unknown> {
    return await this.questions.traverse(caller.scope, graph, body, signal);
  }

  @Endpoint(paths)
  async paths(@Input() { caller, params: { graph }, body, signal }: EndpointInput<typeof paths>): Promise<unknown> {
    return await this.questions.paths(caller.scope, graph, body, signal);
  }

  @Endpoint(common)
  async common(@Input() { caller, params: { graph }, body, signal }: EndpointInput<typeof common>): Promise<unknown> {
    return await this.questions.common(caller.scope, graph, body, signal);
  }
}
