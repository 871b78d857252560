import { z } from 'zod';
import { isStorableText } from '../../common/filter/values';
import { nameSchema, recordIdSchema, timestamp } from '../../api/schemas';

/** A text that Postgres can store. */
const storableText = z.string().refine(isStorableText, 'holds a NUL character or a lone surrogate');

/** What kind of thing a node is, or an edge. */
export const nameOfKind = storableText
  .min(1)
  .max(128)
  .meta({ examples: ['Person'], description: '1 to 128 characters.' });

const MAX_LABELS = 32;
export const labelsSchema = z.array(nameOfKind).max(MAX_LABELS);
export const typesSchema = z.array(nameOfKind).min(1).max(100).describe('Edges of one of these types; absent: of any');

const propertiesSchema = z
  .record(z.string(), z.unknown())
  .describe('Any JSON object of up to 64 KiB; keys do not start with "@" or "$"');

const referenceSchema = z
  .union([
    z.strictObject({ collection: nameSchema, id: recordIdSchema }),
    z.strictObject({ memory: recordIdSchema }),
    z.strictObject({ bucket: nameSchema, key: storableText.min(1).max(1024) }),
  ])
  .describe('What the node stands for: a record, a memory or a file. It must be there.');

export const graphSchema = z.object({
  name: z.string(),
  description: z.string().nullable(),
  nodes: z.int().optional().describe('How many there are; of a single graph only.'),
  edges: z.int().optional(),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(graphSchema, { id: 'PropertyGraph' });

export const putGraphBody = z.strictObject({ description: storableText.max(1024).nullable().optional() });

export const nodeInput = z.strictObject({
  id: recordIdSchema.optional(),
  labels: labelsSchema.optional(),
  properties: propertiesSchema.optional(),
  ref: referenceSchema.nullable().optional(),
});

export const nodesBody = z.strictObject({ nodes: z.array(nodeInput).min(1) });

/** The sum of a path of any length stays a number. */
const MAX_WEIGHT = 1e15;

const moment = z
  .string()
  .nullable()
  .meta({ format: 'date-time', examples: ['2026-01-31T12:00:00Z'] });

export const edgeInput = z.strictObject({
  id: recordIdSchema.optional(),
  source: recordIdSchema.describe('The id of a node.'),
  target: recordIdSchema.describe('The id of a node.'),
  type: nameOfKind,
  properties: propertiesSchema.optional(),
  weight: z
    .number()
    .min(0)
    .max(MAX_WEIGHT)
    .optional()
    .describe('What it costs to pass it in weighted paths. Default 1.'),
  valid_from: moment.optional().describe('From when on it holds; absent: since always.'),
  valid_to: moment.optional().describe('Until when it holds, exclusive; absent: with no end.'),
});

export const edgesBody = z.strictObject({ edges: z.array(edgeInput).min(1) });

export const nodeSchema = z.object({
  id: z.string(),
  labels: z.array(z.string()),
  properties: propertiesSchema,
  ref: referenceSchema.nullable(),
  ref_deleted_at: timestamp.nullable().describe('Since when what the node stood for is gone.'),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(nodeSchema, { id: 'GraphNode' });

export const edgeSchema = z.object({
  id: z.string(),
  source: z.string(),
  target: z.string(),
  type: z.string(),
  properties: propertiesSchema,
  weight: z.number(),
  valid_from: timestamp.nullable(),
  valid_to: timestamp.nullable(),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(edgeSchema, { id: 'GraphEdge' });

export const writtenSchema = z.object({ upserted: z.int(), ids: z.array(z.string()) });

/** Parsed by the filter language itself, which knows the path of every fault. */
export const filterSchema = z.record(z.string(), z.unknown()).describe('A Mongo-style filter; `{}` selects everything');

export const idsSchema = z.array(recordIdSchema).min(1).max(10_000);
