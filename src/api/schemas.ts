import { z } from 'zod';

/** The pieces that many endpoints share. */

/** Projects, collections, buckets, topics. */
export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 of A-Z a-z 0-9 . _ - and start with a letter or digit')
  .refine((name) => !name.includes('..'), 'must not contain ".."')
  .meta({ examples: ['products'] });

const CONTROL = /\p{Cc}/u;
const MAX_ID_POINTS = 255;

const idFault = (id: string): string | undefined => {
  if (!id.isWellFormed()) return 'must not contain a lone surrogate';
  if (CONTROL.test(id)) return 'must not contain control characters';
  if (id === '.' || id === '..') return 'must not be "." or ".."';
  // A code point is one or two units: only between the two limits do they have to be counted.
  if (id.length > MAX_ID_POINTS && (id.length > 2 * MAX_ID_POINTS || [...id].length > MAX_ID_POINTS)) {
    return `must have at most ${MAX_ID_POINTS} characters`;
  }
  return undefined;
};

export const recordIdSchema = z
  .string()
  .min(1, 'must not be empty')
  .superRefine((id, context) => {
    const message = idFault(id);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({ examples: ['doc-1'], description: '1 to 255 characters, no control characters, not "." or "..".' });

const limitFault = (max: number) => `must be a whole number from 1 to ${max}`;

/** A `limit` in a body. Out of range is an error, never clamped. */
export const bodyLimit = (fallback: number, max: number) =>
  z
    .int({ error: limitFault(max) })
    .min(1, limitFault(max))
    .max(max, limitFault(max))
    .default(fallback);

/** A `limit` in a query string. */
export const queryLimit = (fallback: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, limitFault(max))
    .transform(Number)
    .refine((value) => value >= 1 && value <= max, limitFault(max))
    .default(fallback)
    .meta({ override: { type: 'integer', minimum: 1, maximum: max, default: fallback } });

/** `after` and `limit` of a list in a query string. */
export const pageQuery = z.strictObject({
  limit: queryLimit(20, 1000),
  after: z.string().min(1).max(4096).optional().meta({ description: '`next_cursor` of the previous page.' }),
});

/** RFC 3339, UTC. */
export const timestamp = z.string().meta({ format: 'date-time', examples: ['2026-01-31T12:00:00.000Z'] });

const secrets = new WeakSet<z.ZodType>();

/** Marks a field of an answer that is shown once: an answer that is kept for replays is kept without it. */
export const secret = <T extends z.ZodType>(schema: T): T => {
  secrets.add(schema);
  return schema;
};

/** The names of the fields of an answer that are secret. */
export const secretsOf = (schema: unknown): readonly string[] =>
  schema instanceof z.ZodObject
    ? Object.entries(schema.shape).flatMap(([name, field]) => (secrets.has(field as z.ZodType) ? [name] : []))
    : [];

/** A page of a list. */
export const listOf = <T extends z.ZodType>(schema: T) =>
  z.object({
    data: z.array(schema),
    has_more: z.boolean(),
    next_cursor: z.string().nullable().meta({ description: 'Goes into `after` for the next page.' }),
  });

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, for programs.' }),
    request_id: z.string(),
    errors: z.array(
      z
        .object({
          path: z
            .string()
            .meta({ description: 'JSON Pointer into the body, or `query:name`, `header:name`, `path:name`.' }),
          message: z.string(),
        })
        .meta({ id: 'Fault' }),
    ),
    retryable: z.boolean().meta({ description: 'Whether the same request may succeed later.' }),
    first_offset: z
      .int()
      .optional()
      .meta({ description: 'With 410: the first offset of a topic that is there. Read on with the one before it.' }),
    position: z
      .int()
      .optional()
      .meta({ description: 'Of `POST /v1/sql`: the character of the statement that the fault is at, from 1.' }),
    sqlstate: z
      .string()
      .optional()
      .meta({ description: 'Of `POST /v1/sql`: the code of the fault in Postgres, such as `22012`.' }),
    cost: z.number().optional().meta({ description: 'Of `POST /v1/sql`: about what the statement would cost.' }),
    limit: z.number().optional().meta({ description: 'Of `POST /v1/sql`: what a statement may cost.' }),
    outcome: z
      .enum(['not_applied', 'unknown'])
      .optional()
      .meta({
        description:
          'What became of a write that was refused or cut off (429, 5xx): nothing of it was applied, or it may have been ' +
          'applied, in part too. Errors of reads carry none.',
      }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });
