import { z } from 'zod';
import { bodyLimit, recordIdSchema } from '../../api/schemas';
import { SEARCH_ENGINES, SEARCH_MODES } from '../search/search-request';
import {
  filterSchema,
  includeBody,
  metadataSchema,
  namedVectorSchema,
  sparseSchema,
  storableText,
  vectorFormat,
  vectorSchema,
} from './record.schemas';

export const querySchema = z
  .strictObject({
    text: storableText.min(1).max(100_000).optional(),
    vector: z
      .union([z.array(z.number()), z.string(), z.array(vectorSchema)])
      .optional()
      .describe('A vector; with `using`, also a list of vectors'),
    sparse: sparseSchema.optional().describe('A sparse vector; needs `using`'),
    id: recordIdSchema.optional(),
  })
  .refine((query) => Object.values(query).filter((value) => value !== undefined).length === 1, {
    message: 'names exactly one of text, vector, sparse and id',
  })
  .meta({ id: 'SearchQuery' });

const weight = z.number().min(0).max(1000);

/** What every kind of search takes. */
const common = {
  filter: filterSchema.optional(),
  include: includeBody,
  vector_format: vectorFormat,
  consistency: z.enum(['strong', 'eventual']).optional(),
};

export const searchBody = z.strictObject({
  query: querySchema,
  using: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The name of the vectors to search, as the collection declares it; default: those without a name. Postgres compares ' +
        'every record that the filter selects, exactly.',
    ),
  mode: z.enum(SEARCH_MODES).optional(),
  ...common,
  limit: bodyLimit(10, 1000),
  score_threshold: z.number().optional(),
  exact: z.boolean().default(false),
  explain: z.boolean().default(false),
  engine: z
    .enum(SEARCH_ENGINES)
    .optional()
    .describe(
      'For admin keys, to compare the engines: this one ranks the vectors, without a fallback. 409 when it cannot ' +
        'serve the search now, 503 when it does not answer.',
    ),
  weights: z
    .strictObject({ vector: weight.optional(), keyword: weight.optional() })
    .meta({ id: 'SearchWeights' })
    .optional(),
});
z.globalRegistry.add(searchBody, { id: 'SearchRequest' });

export const batchBody = z.strictObject({ searches: z.array(searchBody).min(1).max(100) });

const example = z.union([recordIdSchema, z.array(z.number())]).describe('The id of a record, or a vector');

export const recommendBody = z.strictObject({
  positive: z.array(example).min(1).max(100),
  negative: z.array(example).max(100).default([]),
  ...common,
  limit: bodyLimit(10, 1000),
  score_threshold: z.number().optional(),
  exact: z.boolean().default(false),
});

export const groupsBody = z.strictObject({
  query: querySchema,
  group_by: z.string().min(1),
  groups: bodyLimit(10, 100),
  group_size: bodyLimit(3, 100),
  ...common,
  score_threshold: z.number().optional(),
  exact: z.boolean().default(false),
});

export const diversifyBody = z.strictObject({
  query: querySchema,
  ...common,
  limit: bodyLimit(10, 1000),
  candidates: z.number().int().min(1).max(1000).optional(),
  lambda: z.number().min(0).max(1).default(0.5),
  exact: z.boolean().default(false),
});

export const duplicatesBody = z.strictObject({
  threshold: z.number(),
  filter: filterSchema.optional(),
  limit: bodyLimit(100, 1000),
});

export const facetsBody = z.strictObject({
  fields: z.array(z.string().min(1)).min(1).max(10),
  filter: filterSchema.optional(),
  limit: bodyLimit(20, 1000),
});

const part = z.object({
  rank: z.number().int().describe('The place in this ranking, from 1'),
  score: z.number().describe('What it adds to the fused score: weight / (60 + rank)'),
});
z.globalRegistry.add(part, { id: 'FusedScore' });

export const resultSchema = z.object({
  id: z.string(),
  score: z
    .number()
    .describe(
      'vector: the number of the metric (distances of euclid and manhattan: lower is better). keyword: BM25. hybrid: the sum ' +
        'of weight / (60 + rank) over both rankings, at most 0.033 with the default weights; only its order means something.',
    ),
  scores: z
    .object({ vector: part.optional(), keyword: part.optional() })
    .optional()
    .describe('hybrid: the part of each ranking; absent where a ranking does not name the record'),
  metadata: metadataSchema.optional(),
  text: z.string().optional(),
  vector: vectorSchema.optional(),
  vectors: z.record(z.string(), namedVectorSchema).optional().describe('The vectors with names'),
  version: z.number().int(),
});
z.globalRegistry.add(resultSchema, { id: 'SearchResult' });

const served = {
  served_by: z.enum(['qdrant', 'pgvector', 'postgres']),
  degraded: z.boolean(),
  degraded_reasons: z.array(z.string()),
  consistency: z.enum(['strong', 'eventual']),
  took_ms: z.number(),
};

export const searchAnswer = z.object({
  results: z.array(resultSchema),
  ...served,
  cached: z
    .literal(true)
    .optional()
    .describe(
      'The answer of an earlier, equal search: nothing was written since, and `served_by` found it then. Absent when the search ' +
        'was carried out.',
    ),
  explain: z
    .object({
      mode: z.enum(SEARCH_MODES),
      score: z.string().describe('What the scores of this answer are, for people'),
      steps: z.array(
        z
          .object({
            step: z.string(),
            served_by: z.string().optional(),
            took_ms: z.number(),
            detail: z.record(z.string(), z.unknown()).optional(),
          })
          .meta({ id: 'SearchStep' }),
      ),
    })
    .meta({ id: 'SearchExplanation' })
    .optional(),
});
z.globalRegistry.add(searchAnswer, { id: 'SearchAnswer' });

export const batchAnswer = z.object({ results: z.array(searchAnswer) });

const facetValue = z.union([z.string(), z.number(), z.boolean()]);

export const groupsAnswer = z.object({
  groups: z.array(z.object({ value: facetValue, results: z.array(resultSchema) }).meta({ id: 'SearchGroup' })),
  ...served,
});

export const duplicatesAnswer = z.object({
  clusters: z.array(z.object({ ids: z.array(z.string()), score: z.number() }).meta({ id: 'DuplicateCluster' })),
});

export const facetsAnswer = z.object({
  facets: z.record(
    z.string(),
    z.array(z.object({ value: facetValue, count: z.number().int() }).meta({ id: 'FacetCount' })),
  ),
});
