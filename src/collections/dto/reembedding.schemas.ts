import { z } from 'zod';
import { nameSchema, timestamp } from '../../api/schemas';

/** Memories are embedded in a collection of the system, which this is the one route to name. */
export const reembeddedName = z.union([nameSchema, z.literal('@memories')]);

export const beginReembeddingBody = z.strictObject({
  model: z.string().min(1).max(255).describe('The new embedding model of the collection'),
});

export const reembeddingSchema = z.object({
  id: z.string(),
  collection: z.string(),
  from_model: z.string(),
  to_model: z.string(),
  state: z.enum(['filling', 'ready', 'switched']),
  progress: z.object({ done: z.number().int(), total: z.number().int(), unit: z.literal('records') }),
  backlog: z.object({
    waiting: z.number().int().describe('Changed records that are not in the other model yet'),
    refused: z.number().int().describe('Of these, records that it cannot embed: they prevent a switch'),
    reason: z.string().nullable(),
  }),
  comparison: z
    .object({
      queries: z.number().int(),
      overlap_at_10: z.number().describe('Mean share of the ten nearest records that both models return'),
      same_first: z.number().describe('Share of queries with the same nearest record'),
    })
    .nullable(),
  last_error: z.string().nullable(),
  switched_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(reembeddingSchema, { id: 'Reembedding' });
