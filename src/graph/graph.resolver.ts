import { Injectable } from '@nestjs/common';
import { GraphqlOperations, mutation, query } from '../api/field';

/** Graphs in GraphQL: the declared operations. */
@Injectable()
@GraphqlOperations(
  query('graphs', 'listGraphs', { type: 'PropertyGraph' }),
  query('graph', 'getGraph', { type: 'PropertyGraph' }),
  query('graphNodes', 'queryNodes', { type: 'GraphNode' }),
  query('graphNode', 'getNode', { type: 'GraphNode' }),
  query('graphEdges', 'queryEdges', { type: 'GraphEdge' }),
  query('graphEdge', 'getEdge', { type: 'GraphEdge' }),
  query('graphNeighbors', 'findNeighbors', { type: 'GraphNeighbor' }),
  query('graphTraversal', 'traverseGraph', { type: 'GraphTraversal' }),
  query('graphPaths', 'findPaths', { type: 'GraphPaths' }),
  query('graphCommonNeighbors', 'findCommonNeighbors', { type: 'GraphCommonNeighbors' }),
  mutation('putGraph', { type: 'PropertyGraph', conditions: true }),
  mutation('deleteGraph', { conditions: true }),
  mutation('upsertNodes', { type: 'GraphWritten' }),
  mutation('upsertEdges', { type: 'GraphWritten' }),
  mutation('deleteNode', { conditions: true }),
  mutation('deleteEdge', { conditions: true }),
  mutation('deleteNodes', { type: 'DeletedNodes' }),
  mutation('deleteEdges', { pick: 'deleted' }),
)
export class GraphResolver {}
