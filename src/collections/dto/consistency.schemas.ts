import { z } from 'zod';
import { nameSchema, pageQuery, timestamp } from '../../api/schemas';

export const consistencyQuery = pageQuery.extend({
  collection: nameSchema.optional().meta({ description: 'Only this collection.' }),
});

const lag = z.object({
  records: z.int().meta({ description: 'Records that the copy has not applied yet.' }),
  seconds: z.number().meta({ description: 'Age of the oldest of those changes.' }),
});
z.globalRegistry.add(lag, { id: 'CopyLag' });

const collection = z.object({
  collection: z.string(),
  records: z.int(),
  copied_records: z.int().nullable().meta({ description: '`null`: there is no copy, or it is unavailable.' }),
  lag,
  parked: z.int().meta({ description: 'Records that the service refuses; searches find them in Postgres.' }),
  state: z
    .enum(['none', 'building', 'verifying', 'serving'])
    .meta({ description: 'State of the copy; searches use Qdrant while it is `serving`.' }),
  build: z
    .object({ copied: z.int(), total: z.int().nullable() })
    .nullable()
    .meta({ description: 'The copy that is being built, in addition to the serving one or as the first.' }),
  last_proof: timestamp
    .nullable()
    .meta({ description: 'When a complete comparison last found, or made, everything equal.' }),
  differences: z.object({ found: z.int(), repaired: z.int() }),
  last_error: z.string().nullable(),
});
z.globalRegistry.add(collection, { id: 'CollectionConsistency' });

export const consistencyAnswer = z.object({
  follower: z.literal('qdrant').nullable().meta({ description: '`null`: only Postgres is configured.' }),
  state: z.string().meta({ description: 'State of the service; see `/v1/services`.' }),
  lag,
  data: z.array(collection),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});
z.globalRegistry.add(consistencyAnswer, { id: 'Consistency' });

export const verifyBody = z
  .strictObject({
    collections: z.array(nameSchema).min(1).max(1000).optional().meta({ description: 'Default: all of the project.' }),
  })
  .prefault({});
