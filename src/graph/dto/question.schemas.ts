import { z } from 'zod';
import { bodyLimit, recordIdSchema } from '../../api/schemas';
import { TRUNCATIONS } from '../questions/budget';
import { edgeSchema, labelsSchema, nodeSchema, typesSchema } from './graph.schemas';

const filterSchema = z.record(z.string(), z.unknown());

/** What every question may say about what it passes. */
const passing = {
  direction: z.enum(['out', 'in', 'both']).default('out').describe('Along the edges, against them, or either.'),
  types: typesSchema.optional(),
  labels: labelsSchema.min(1).optional().describe('Only nodes with all of these labels.'),
  filter: filterSchema.optional().describe('Only nodes that match; a filter as of records, on `properties`.'),
  edge_filter: filterSchema.optional().describe('Only edges that match; also on `@type`, `@weight`, `@valid_from` …'),
  as_of: z
    .string()
    .optional()
    .describe('Only edges that hold at this time. Default: now.')
    .meta({ format: 'date-time', examples: ['2026-01-31T12:00:00Z'] }),
};

const MAX_NODES = 50_000;
const MAX_EDGES = 200_000;

const boundsOf = (nodes: number, edges: number) => ({
  max_nodes: bodyLimit(nodes, MAX_NODES).describe('Nodes that may be visited.'),
  max_edges: bodyLimit(edges, MAX_EDGES).describe('Edges that may be looked at.'),
});

const bounds = boundsOf(10_000, 50_000);

export const neighborsBody = z.strictObject({
  id: recordIdSchema,
  ...passing,
  limit: bodyLimit(20, 1000),
  after: z.string().max(10_000).optional(),
});

export const traverseBody = z.strictObject({
  ids: z.array(recordIdSchema).min(1).max(100).describe('Where the walk starts.'),
  ...passing,
  min_depth: z.int().min(0).max(10).default(1).describe('0 counts the starts, too.'),
  max_depth: z.int().min(1).max(10).default(2).describe('Edges from the nearest start.'),
  paths: z.boolean().default(false).describe('Adds a shortest path to each node.'),
  limit: bodyLimit(100, 1000),
  ...bounds,
});

export const pathsBody = z.strictObject({
  from: recordIdSchema,
  to: recordIdSchema,
  mode: z.enum(['shortest', 'k_shortest', 'all']).default('shortest'),
  weighted: z.boolean().default(false).describe('Counts the weights of the edges, not their number.'),
  ...passing,
  max_depth: z.int().min(1).max(32).optional().describe('Edges of a path. Default 16; of `all` 4, at most 10.'),
  limit: z.int().min(1).max(1000).optional().describe('Paths. Default 10; of `k_shortest` at most 100.'),
  ...boundsOf(MAX_NODES, 100_000),
});

export const commonBody = z.strictObject({
  ids: z.array(recordIdSchema).min(2).max(10),
  ...passing,
  limit: bodyLimit(100, 1000),
  ...bounds,
});

/** How complete an answer is, and what it cost. */
const account = {
  truncated: z.boolean().describe('Whether there may be more.'),
  truncated_by: z.enum(TRUNCATIONS).nullable().describe('Which bound ended it.'),
  visited: z.object({ nodes: z.int(), edges: z.int() }),
  took_ms: z.int(),
};

export const neighborSchema = z.object({ node: nodeSchema, edge: edgeSchema });
z.globalRegistry.add(neighborSchema, { id: 'GraphNeighbor' });

const pathSchema = z.object({
  nodes: z.array(z.string()).describe('Ids, from the first to the last.'),
  edges: z.array(z.string()).describe('Ids, one less.'),
  length: z.int().describe('Edges.'),
  weight: z.number().describe('The sum of the weights.'),
});
z.globalRegistry.add(pathSchema, { id: 'GraphPath' });

export const traversalSchema = z.object({
  nodes: z.array(z.object({ node: nodeSchema, distance: z.int(), path: pathSchema.optional() })),
  ...account,
});
z.globalRegistry.add(traversalSchema, { id: 'GraphTraversal' });

export const pathsSchema = z.object({ paths: z.array(pathSchema), ...account });
z.globalRegistry.add(pathsSchema, { id: 'GraphPaths' });

export const commonSchema = z.object({ nodes: z.array(nodeSchema), ...account });
z.globalRegistry.add(commonSchema, { id: 'GraphCommonNeighbors' });
