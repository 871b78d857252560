import { z } from 'zod';

/** Names of projects, collections, buckets and topics. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'is 1 to 128 letters, digits, ".", "_" and "-", and starts with a letter or digit')
  .refine((name) => !name.includes('..'), 'holds no ".."');

const MAX_ID_CODE_POINTS = 255;
/** The C0 and C1 control characters. */
const CONTROL = /\p{Cc}/u;

/** Any client string that a path can carry. */
export const recordIdSchema = z
  .string()
  .min(1)
  .refine((id) => [...id].length <= MAX_ID_CODE_POINTS, `has more than ${MAX_ID_CODE_POINTS} code points`)
  .refine((id) => !CONTROL.test(id), 'holds a control character')
  .refine((id) => id.isWellFormed(), 'holds a lone surrogate')
  .refine((id) => id !== '.' && id !== '..', 'is "." or ".."');

/** `limit` in a body. Out of range is an error, never clamped. */
export const bodyLimit = (usual: number, max: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(1).max(max).default(usual);

/** `limit` in a query string. */
export const queryLimit = (usual: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, 'is a whole number')
    .transform(Number)
    .pipe(z.number().int().min(1).max(max))
    .default(usual)
    .meta({ type: 'integer', minimum: 1, maximum: max, default: usual });

export const timestamp = z.string().describe('RFC 3339, UTC');

/** A page of a list. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });
