import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { METADATA_INDEX_TYPES } from '../collection';

const share = z.number().describe('Share of the records, 0 to 1, estimated');

const advice = z.object({
  field: z.string(),
  type: z.enum(METADATA_INDEX_TYPES),
  operators: z.array(z.string()).describe('The operators of the slow filters on the field; their values are not kept'),
  searches: z.number().int().describe('How many searches with such a filter were slow'),
  mean_ms: z.number(),
  worst_ms: z.number(),
  expected_ms: z.number().describe('The mean with an index on the field, estimated'),
  selected_share: share.describe('Share of the records that the last slow filter selected, 0 to 1, estimated'),
  index_share: share.describe('Share of the records that an index would have handed over for it, 0 to 1, estimated'),
  action: z
    .enum(['create_index', 'building', 'none'])
    .describe('`create_index`: apply the advice; `building`: it is being built; `none`: an index would not help'),
  reason: z.string(),
  operation: z.string().nullable().describe('The operation that builds the index'),
  last_at: timestamp,
});

export const adviceSchema = z.object({
  collection: z.string(),
  advice: z.array(advice).describe('What took the most time comes first; empty when no filter was slow'),
});
z.globalRegistry.add(adviceSchema, { id: 'IndexAdvice' });
