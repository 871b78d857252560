import { z } from 'zod';
import { isStorableText } from '../../common/filter/values';
import { recordIdSchema, timestamp } from '../../api/schemas';

/** A text that Postgres can store. */
export const storableText = z
  .string()
  .refine(isStorableText, 'holds a NUL character or a lone surrogate')
  .describe('Text without NUL characters and lone surrogates');

export const vectorSchema = z
  .union([z.array(z.number()), z.string()])
  .describe('Numbers, or base64 of little-endian float32 values');

export const metadataSchema = z
  .record(z.string(), z.unknown())
  .describe('Any JSON object of up to 64 KiB; keys do not start with "@" or "$"');

const INCLUDABLE = ['metadata', 'text', 'vector'] as const;
type Includable = (typeof INCLUDABLE)[number];
const DEFAULT_INCLUDE: Includable[] = ['metadata', 'text'];

export const includeBody = z.array(z.enum(INCLUDABLE)).max(INCLUDABLE.length).optional();

/** Comma-separated, in a query string. */
export const includeQuery = z
  .string()
  .regex(
    /^((metadata|text|vector)(,(metadata|text|vector))*)?$/,
    'names metadata, text and vector, separated by commas',
  )
  .optional();

export const vectorFormat = z.enum(['array', 'base64']).optional();

export const toInclude = (
  names: readonly string[] = DEFAULT_INCLUDE,
): { metadata: boolean; text: boolean; vector: boolean } => ({
  metadata: names.includes('metadata'),
  text: names.includes('text'),
  vector: names.includes('vector'),
});

export const queryInclude = (value: string | undefined): ReturnType<typeof toInclude> =>
  toInclude(value === undefined ? undefined : value.split(','));

export const recordInput = z.strictObject({
  id: recordIdSchema.optional(),
  vector: vectorSchema.optional(),
  text: storableText.optional(),
  metadata: metadataSchema.optional(),
});
z.globalRegistry.add(recordInput, { id: 'RecordInput' });

export const upsertBody = z.strictObject({
  records: z.array(recordInput).min(1),
  wait: z.enum(['committed', 'indexed']).optional(),
});

export const recordPatch = z.strictObject({
  vector: vectorSchema.optional(),
  text: storableText.nullable().optional(),
  metadata: metadataSchema.optional(),
  wait: z.enum(['committed', 'indexed']).optional(),
});

export const recordSchema = z.object({
  id: z.string(),
  vector: vectorSchema.optional(),
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
