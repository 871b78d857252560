import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { SCHEMES } from '../compression/compression-state';
import { compressionSchema } from './collection.schemas';

const recall = z.number().describe('Share of the true ten (or hundred) nearest that a search finds');
const estimate = { recall, low: z.number(), high: z.number() };
const bytes = z.number().describe('Bytes a record');

export const compressionStatus = z.object({
  collection: z.string(),
  compression: compressionSchema.describe('As asked for'),
  state: z
    .enum(['serving', 'changing', 'waiting', 'refused'])
    .describe(
      '`changing`: another index is being built, and the former one serves; `waiting`: there are too few records for an ' +
        'index, or they were not measured yet; `refused`: the scheme does not keep the recall, see `reason`',
    ),
  reason: z.string().nullable(),
  operation: z.string().nullable().describe('The operation that shows the change under way'),
  used: z.object({
    pgvector: z
      .enum(['exact', 'none', 'half', 'binary'])
      .describe('What the vector index holds; `exact`: there is none, and every record is compared'),
    candidates: z.number().int().nullable().describe('Records that are compared exactly for ten results'),
    qdrant: z
      .enum(['none', 'int8', 'binary'])
      .nullable()
      .describe('What the copy in Qdrant was made to be searched by; null: there is no copy'),
  }),
  records: z.number().int(),
  bytes: z.object({
    record: bytes.describe('Of the table: vectors, texts, metadata'),
    index: bytes.describe('Of the vector index'),
    other_indexes: bytes,
    index_before: bytes.nullable().describe('Of the vector index before the last change'),
    vector: bytes.describe('The numbers of one vector in the record'),
    code: bytes.describe('The numbers of one vector as the index holds them'),
    qdrant_memory: bytes.nullable().describe('Of one vector as Qdrant searches it, computed'),
  }),
  measured: z
    .object({
      at: timestamp,
      records: z.number().int(),
      sampled: z.number().int().describe('How many records were compared with each query'),
      queries: z.number().int(),
      curve: z.array(
        z.object({
          scheme: z.enum(SCHEMES),
          results: z.number().int(),
          candidates: z.number().int(),
          ...estimate,
        }),
      ),
      verified: z.object(estimate).nullable().describe('Of the index that serves, asked as searches do'),
    })
    .nullable(),
});
z.globalRegistry.add(compressionStatus, { id: 'CompressionStatus' });
