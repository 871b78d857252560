import { z } from 'zod';
import { nameSchema, queryLimit, timestamp } from '../../api/schemas';
import { keyFault } from './file-key';
import { overrideBody, overrideQuery } from './response-overrides';

export const fileKey = z
  .string()
  .superRefine((key, context) => {
    const message = keyFault(key);
    if (message) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: '1 to 1,024 bytes of UTF-8; no control characters, no empty, "." or ".." step.',
    examples: ['a/b.txt'],
  });

export const fileParams = z.object({ bucket: nameSchema, key: fileKey });

const signed = {
  zdb_project: z
    .string()
    .regex(/^[a-z0-9]{1,64}$/)
    .optional(),
  zdb_key: z
    .string()
    .regex(/^[a-z0-9]{1,64}$/)
    .optional(),
  zdb_expires: z
    .string()
    .regex(/^\d{1,12}$/)
    .optional(),
  zdb_signature: z.string().max(128).optional(),
  zdb_max_bytes: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  zdb_content_type: z.string().max(255).optional(),
  zdb_sha256: z.string().max(64).optional(),
};

export const signedQuery = z.strictObject(signed);

export const getQuery = z.strictObject({
  ...signed,
  ...overrideQuery,
  download: z.string().max(255).optional().meta({
    description:
      'Answers as an attachment: under this name, or the last step of the key when it is empty, `1` or `true`.',
  }),
});

export const listQuery = z.strictObject({
  prefix: z.string().max(1024).default(''),
  limit: queryLimit(20, 1000),
  after: z.string().min(1).max(4096).optional().meta({ description: '`next_cursor` of the previous page.' }),
});

export const fileSchema = z.object({
  bucket: z.string(),
  key: z.string(),
  size: z.int(),
  sha256: z.string(),
  etag: z.string(),
  version: z.int(),
  content_type: z.string(),
  content_encoding: z
    .enum(['gzip', 'br'])
    .nullable()
    .meta({ description: 'The `Content-Encoding` of the bytes, which are stored as they were sent.' }),
  location: z
    .enum(['object_store', 'filesystem', 'mirror', 'cold', 'spool'])
    .nullable()
    .meta({ description: 'Where its bytes are now.' }),
  stored_size: z.int().meta({ description: 'Stored bytes, after compression.' }),
  encoding: z.enum(['none', 'zstd']),
  metadata: z.record(z.string(), z.string()),
  created_at: timestamp,
  updated_at: timestamp,
});
z.globalRegistry.add(fileSchema, { id: 'StoredFile' });

export const copyBody = z.strictObject({ key: fileKey, to_key: fileKey, to_bucket: nameSchema.optional() });

export const presignBody = z.strictObject({
  key: fileKey,
  method: z.enum(['GET', 'PUT', 'DELETE']).default('GET'),
  expires_in: z.int().min(1).max(604_800).default(900).meta({ description: 'Seconds.' }),
  max_bytes: z.int().min(1).optional().meta({ description: 'PUT: maximum bytes of the file.' }),
  content_type: z.string().min(1).max(255).optional().meta({ description: 'PUT: the required content type.' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional()
    .meta({ description: 'PUT: the required hash.' }),
  ...overrideBody,
  direct: z
    .boolean()
    .default(false)
    .meta({
      description:
        "GET and PUT: the object store's own URL, for clients that reach it. Such a read is not verified; uploaded bytes " +
        'become a file when the upload is completed.',
    }),
});

export const presignedSchema = z.object({
  url: z.string().meta({ description: 'A path of this server, or with `direct` a URL of the object store.' }),
  method: z.string(),
  expires_at: timestamp,
  direct: z.boolean(),
  ticket: z
    .string()
    .optional()
    .meta({ description: 'PUT with `direct`: send it to `/v1/files/{bucket}/complete` after the upload.' }),
});
z.globalRegistry.add(presignedSchema, { id: 'PresignedUrl' });

export const completeBody = z.strictObject({ ticket: z.string().min(1).max(4096) });
