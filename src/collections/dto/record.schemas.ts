import { z } from 'zod';
import { isStorableText } from '../../common/filter/values';
import { recordIdSchema, timestamp } from '../../api/schemas';
import type { Include } from '../vector-store.port';

/** A text that Postgres can store. */
export const storableText = z
  .string()
  .refine(isStorableText, 'holds a NUL character or a lone surrogate')
  .describe('Text without NUL characters and lone surrogates');

export const vectorSchema = z
  .union([z.array(z.number()), z.string()])
  .describe('Numbers, or base64 of little-endian float32 values');

const index = z.number().int().min(0).max(4_294_967_295);

export const sparseSchema = z
  .strictObject({ indices: z.array(index), values: z.array(z.number()) })
  .describe('The entries that are not zero: their indices, distinct and of 32 bits, and their values')
  .meta({ id: 'SparseVector' });

/** One vector, a list of vectors, or a sparse one: what it must be follows from the collection. */
export const namedVectorSchema = z
  .union([z.array(z.number()), z.string(), z.array(vectorSchema), sparseSchema])
  .describe('A vector, a list of vectors of a `multi` one, or the entries of a sparse one');

const namedVectorsSchema = z.record(z.string(), namedVectorSchema).describe('The vectors with names');

export const metadataSchema = z
  .record(z.string(), z.unknown())
  .describe('Any JSON object of up to 64 KiB; keys do not start with "@" or "$"');

const INCLUDABLE = ['metadata', 'text', 'vector', 'vectors'] as const;
type Includable = (typeof INCLUDABLE)[number];
const DEFAULT_INCLUDE: Includable[] = ['metadata', 'text'];

export const includeBody = z.array(z.enum(INCLUDABLE)).max(INCLUDABLE.length).optional();

/** Comma-separated, in a query string. */
export const includeQuery = z
  .string()
  .regex(
    /^((metadata|text|vectors?)(,(metadata|text|vectors?))*)?$/,
    'names metadata, text, vector and vectors, separated by commas',
  )
  .optional();

export const vectorFormat = z.enum(['array', 'base64']).optional();

export const toInclude = (names: readonly string[] = DEFAULT_INCLUDE): Required<Include> => ({
  metadata: names.includes('metadata'),
  text: names.includes('text'),
  vector: names.includes('vector'),
  vectors: names.includes('vectors'),
});

export const queryInclude = (value: string | undefined): ReturnType<typeof toInclude> =>
  toInclude(value === undefined ? undefined : value.split(','));

export const recordInput = z.strictObject({
  id: recordIdSchema.optional(),
  vector: vectorSchema.optional(),
  vectors: namedVectorsSchema.optional(),
  text: storableText.optional(),
  metadata: metadataSchema.optional(),
});
z.globalRegistry.add(recordInput, { id: 'RecordInput' });

export const upsertBody = z.strictObject({
  records: z.array(recordInput).min(1),
  wait: z.enum(['committed', 'indexed']).optional(),
});

export const recordPatch = z.strictObject({
  vector: vectorSchema.nullable().optional().describe('Null removes it'),
  vectors: z
    .record(z.string(), namedVectorSchema.nullable())
    .optional()
    .describe('Sets those that it names, and removes those that are null; the others stay'),
  text: storableText.nullable().optional(),
  metadata: metadataSchema.optional(),
  wait: z.enum(['committed', 'indexed']).optional(),
});

export const recordSchema = z.object({
  id: z.string(),
  vector: vectorSchema.optional(),
  vectors: namedVectorsSchema.optional(),
  text: z.string().optional(),
  metadata: metadataSchema.optional(),
  version: z.number().int(),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(recordSchema, { id: 'Record' });

/** Parsed by the filter language itself, which knows the path of every fault. */
export const filterSchema = z.record(z.string(), z.unknown()).describe('A Mongo-style filter; `{}` selects everything');

export const sortSchema = z
  .array(
    z.strictObject({ field: z.string().min(1), order: z.enum(['asc', 'desc']).default('asc') }).meta({ id: 'Sort' }),
  )
  .max(3);

export const idsSchema = z.array(recordIdSchema).min(1).max(10_000);
