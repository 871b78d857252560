import { z } from 'zod';
import { nameSchema, timestamp } from '../../api/schemas';

const MAX_SECONDS = 100 * 366 * 86_400;
const seconds = (about: string) => z.int().min(1).max(MAX_SECONDS).optional().meta({ description: about });

const mediaType = z
  .string()
  .max(127)
  .regex(
    /^[a-z0-9][a-z0-9!#$&^_.+-]*\/(\*|[a-z0-9][a-z0-9!#$&^_.+-]*)$|^\*\/\*$/,
    'must be a media type such as image/png or image/*',
  );

export const bucketParams = z.object({ bucket: nameSchema });

export const putBucketBody = z
  .strictObject({
    access: z.enum(['private', 'public-read']).default('private'),
    max_bytes: z.int().min(1).nullable().default(null),
    allowed_types: z.array(mediaType).min(1).max(100).nullable().default(null),
    lifecycle: z
      .strictObject({
        expire_after_seconds: seconds('Seconds after its last write at which a file is deleted.'),
        cold_after_seconds: seconds('Seconds after its last write at which its bytes move to cold storage.'),
      })
      .default({}),
    mirror: z
      .boolean()
      .default(false)
      .meta({ description: 'Keeps a second copy for reads while the store is unavailable.' }),
    compression: z.enum(['none', 'zstd']).default('none'),
  })
  .prefault({});

export const bucketSchema = z.object({
  name: z.string(),
  access: z.enum(['private', 'public-read']),
  max_bytes: z.int().nullable(),
  allowed_types: z.array(z.string()).nullable(),
  lifecycle: z.object({ expire_after_seconds: z.int().optional(), cold_after_seconds: z.int().optional() }),
  mirror: z.boolean(),
  compression: z.enum(['none', 'zstd']),
  version: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
  usage: z
    .object({ files: z.int(), bytes: z.int(), stored_bytes: z.int() })
    .optional()
    .meta({ description: '`stored_bytes`: equal contents once, after compression.' }),
});
z.globalRegistry.add(bucketSchema, { id: 'Bucket' });
