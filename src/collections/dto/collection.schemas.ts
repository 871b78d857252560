import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { isStorableText } from '../../common/filter/values';
import { MAX_DIMENSION, METADATA_INDEX_TYPES, MOST_INDEXES } from '../collection';
import { DEFAULT_TARGET_RECALL, SCHEMES } from '../compression/compression-state';
import { TEXT_LANGUAGES } from '../../keyword/languages';
import { METRICS } from '../metric';

/** Answers have every number; of what is sent, the defaults may be left out: two shapes, so each has its own names. */
const vectorIndexNamed = (suffix: '' | 'Settings') =>
  z
    .discriminatedUnion('type', [
      z
        .strictObject({
          type: z.literal('hnsw'),
          m: z.number().int().min(2).max(100).default(16),
          ef_construction: z.number().int().min(4).max(1000).default(64),
        })
        .meta({ id: `HnswIndex${suffix}` }),
      z
        .strictObject({ type: z.literal('ivfflat'), lists: z.number().int().min(1).max(32_768).default(100) })
        .meta({ id: `IvfflatIndex${suffix}` }),
      z.strictObject({ type: z.literal('flat') }).meta({ id: `FlatIndex${suffix}` }),
    ])
    .meta({ id: `VectorIndex${suffix}` });

const metadataIndexes = z
  .array(
    z
      .strictObject({ field: z.string().min(1).max(1000), type: z.enum(METADATA_INDEX_TYPES) })
      .meta({ id: 'MetadataIndex' }),
  )
  .max(MOST_INDEXES);

const textSettings = z.strictObject({
  language: z
    .enum(TEXT_LANGUAGES)
    .describe('The language of the texts for keyword search (ISO 639-1); "auto" tells it from each text'),
});
z.globalRegistry.add(textSettings, { id: 'TextSettings' });

const scheme = z.enum(SCHEMES);
const targetRecall = z
  .number()
  .gt(0)
  .lt(1)
  .describe(`The recall@10 that searches must keep, above 0 and below 1; default ${DEFAULT_TARGET_RECALL}`);

/** A scheme alone, or with the recall that it must keep. */
export const askedCompression = z
  .union([
    scheme,
    z.strictObject({ scheme, target_recall: targetRecall.optional() }).meta({ id: 'CompressionSettings' }),
  ])
  .transform((asked) => (typeof asked === 'string' ? { scheme: asked } : asked))
  .describe(
    'How the vector index holds the vectors: `half` as 16-bit floats, `binary` as one bit a dimension, `auto` as the ' +
      'smallest that keeps the recall on your own data. Scores always come from the exact vectors.',
  );

export const compressionSchema = z.object({ scheme, target_recall: targetRecall });
z.globalRegistry.add(compressionSchema, { id: 'Compression' });

const vectorName = z.string().min(1).max(128).refine(isStorableText, 'holds a NUL character or a lone surrogate');

const namedSettings = {
  dimension: z.number().int().min(1).max(MAX_DIMENSION),
  metric: z.enum(METRICS),
  kind: z.enum(['dense', 'multi']),
};
const namedDefinition = z
  .strictObject({
    dimension: namedSettings.dimension,
    metric: namedSettings.metric.default('cosine'),
    kind: namedSettings.kind
      .default('dense')
      .describe('`multi`: a list of vectors, compared by the sum of the best matches'),
  })
  .meta({ id: 'NamedVectorDefinition' });
const sparseSettings = z
  .strictObject({
    modifier: z
      .literal('idf')
      .optional()
      .describe('Weighs each entry of a query by how few records of the collection have it, as BM25 does'),
  })
  .meta({ id: 'SparseVectorSettings' });

const definition = {
  dimension: z
    .number()
    .int()
    .min(0)
    .max(MAX_DIMENSION)
    .describe('Of the vector without a name; 0: records have those of `vectors` and `sparse_vectors` alone'),
  metric: z.enum(METRICS),
  embedding_model: z.string().min(1).max(255).nullable(),
  indexes: metadataIndexes,
  vector_index: vectorIndexNamed('Settings'),
  compression: askedCompression,
  text: textSettings,
  vectors: z.record(vectorName, namedDefinition),
  sparse_vectors: z.record(vectorName, sparseSettings),
};

const isEmpty = (vectors: object | undefined): boolean => Object.keys(vectors ?? {}).length === 0;

export const putCollectionBody = z
  .strictObject(definition)
  .partial()
  .superRefine(({ dimension, vectors, sparse_vectors: sparse }, context) => {
    if (dimension !== 0 || !isEmpty(vectors) || !isEmpty(sparse)) return;
    const message = 'must be 1 or more, unless "vectors" or "sparse_vectors" name others';
    context.addIssue({ code: 'custom', path: ['dimension'], message });
  });

export const patchCollectionBody = z.strictObject({
  indexes: metadataIndexes.optional(),
  text: textSettings.optional(),
  compression: askedCompression.optional(),
});

export const collectionSchema = z.object({
  name: z.string(),
  dimension: z.number().int(),
  metric: z.enum(METRICS),
  embedding_model: z.string().nullable(),
  embedding_revision: z.string().nullable(),
  indexes: metadataIndexes,
  vector_index: vectorIndexNamed(''),
  compression: compressionSchema,
  text: textSettings,
  vectors: z
    .record(z.string(), z.object(namedSettings).meta({ id: 'NamedVectorSettings' }))
    .optional()
    .describe('The vectors with names; absent where there are none'),
  sparse_vectors: z
    .record(z.string(), sparseSettings)
    .optional()
    .describe('The sparse vectors; absent where there are none'),
  records: z.number().int().describe('How many records it has'),
  indexed: z.number().int().describe('How many of them the vector index holds; the rest is found by exact scan'),
  version: z.number().int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(collectionSchema, { id: 'Collection' });
