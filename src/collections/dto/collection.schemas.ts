import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { MAX_DIMENSION, METADATA_INDEX_TYPES } from '../collection';
import { TEXT_LANGUAGES } from '../../keyword/languages';
import { METRICS } from '../metric';

const vectorIndex = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hnsw'),
    m: z.number().int().min(2).max(100).default(16),
    ef_construction: z.number().int().min(4).max(1000).default(64),
  }),
  z.strictObject({ type: z.literal('ivfflat'), lists: z.number().int().min(1).max(32_768).default(100) }),
  z.strictObject({ type: z.literal('flat') }),
]);

const metadataIndexes = z
  .array(z.strictObject({ field: z.string().min(1).max(1000), type: z.enum(METADATA_INDEX_TYPES) }))
  .max(32);

const textSettings = z.strictObject({
  language: z
    .enum(TEXT_LANGUAGES)
    .describe('The language of the texts for keyword search (ISO 639-1); "auto" tells it from each text'),
});
z.globalRegistry.add(textSettings, { id: 'TextSettings' });

const definition = {
  dimension: z.number().int().min(1).max(MAX_DIMENSION),
  metric: z.enum(METRICS),
  embedding_model: z.string().min(1).max(255).nullable(),
  indexes: metadataIndexes,
  vector_index: vectorIndex,
  compression: z.enum(['none', 'half']),
  text: textSettings,
};

export const putCollectionBody = z.strictObject(definition).partial();

export const patchCollectionBody = z.strictObject({
  indexes: metadataIndexes.optional(),
  text: textSettings.optional(),
});

export const collectionSchema = z.object({
  name: z.string(),
  dimension: z.number().int(),
  metric: z.enum(METRICS),
  embedding_model: z.string().nullable(),
  embedding_revision: z.string().nullable(),
  indexes: metadataIndexes,
  vector_index: vectorIndex,
  compression: z.enum(['none', 'half']),
  text: textSettings,
  records: z.number().int().describe('How many records it has'),
  indexed: z.number().int().describe('How many of them the vector index holds; the rest is found by exact scan'),
  version: z.number().int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(collectionSchema, { id: 'Collection' });
