import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { filesConfig, type FilesSettings } from '../../config';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { nameSchema, timestamp } from '../../api/schemas';
import { writeConditions } from '../objects/conditions';
import { fileKey, fileSchema } from '../objects/file.schemas';
import { parseSha256 } from '../objects/files.service';
import { announcedSize, contentTypeIn, dispositionIn, uploadBody } from '../objects/upload-body';
import type { Upload, UploadPart } from './uploads.repository';
import { UploadsService } from './uploads.service';

const tag = 'Uploads';
const params = z.object({ id: z.string().min(1).max(64) });
const MAX_PARTS = 10_000;
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 hexadecimal digits');

const metadata = z
  .record(
    z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 -'),
    z.string().regex(/^[\x20-\x7e]{0,1024}$/),
  )
  .refine((given) => JSON.stringify(given).length <= 8 * 1024, 'must have at most 8,192 bytes in all')
  .default({});

const partSchema = z.object({ number: z.int(), size: z.int(), sha256: z.string() });
z.globalRegistry.add(partSchema, { id: 'UploadPart' });

const uploadSchema = z.object({
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  content_type: z.string(),
  content_encoding: z.enum(['gzip', 'br']).nullable(),
  metadata: z.record(z.string(), z.string()),
  created_at: timestamp,
  expires_at: timestamp,
  parts: z.array(partSchema),
});
z.globalRegistry.add(uploadSchema, { id: 'Upload' });

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/uploads',
  operationId: 'createUpload',
  audit: 'write',
  tag,
  summary: 'Begin an upload in parts',
  description:
    'For files that are large, or sent over several connections: send the parts to `PUT /v1/uploads/{id}/parts/{number}` in any order, then complete it. Given up after a day, or after `expires_in` seconds.',
  access: 'write',
  body: z.strictObject({
    bucket: nameSchema,
    key: fileKey,
    content_type: z.string().max(255).optional(),
    content_encoding: z
      .enum(['gzip', 'br'])
      .optional()
      .meta({ description: 'The coding that the bytes of the parts, joined, are in.' }),
    content_disposition: z.string().max(1024).optional(),
    metadata,
    expires_in: z
      .int()
      .min(60)
      .max(30 * 86_400)
      .default(86_400)
      .meta({ description: 'Seconds until it is given up.' }),
  }),
  responses: { 201: uploadSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/uploads/{id}',
  operationId: 'getUpload',
  audit: 'read',
  tag,
  summary: 'An upload and the parts that have arrived',
  description: 'Each part with its size and SHA-256: after an interruption, send only what is missing.',
  access: 'read',
  params,
  responses: { 200: uploadSchema },
});

const putPart = defineEndpoint({
  method: 'PUT',
  path: '/v1/uploads/{id}/parts/{number}',
  operationId: 'putUploadPart',
  audit: 'write',
  tag,
  summary: 'Store a part; the same number again replaces it',
  description:
    'Durable once it is answered; the answer has its size and SHA-256. With `X-Content-SHA256` the bytes must match, otherwise nothing is stored.',
  access: 'write',
  params: z.object({
    id: z.string().min(1).max(64),
    number: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine((number) => number >= 1 && number <= MAX_PARTS, `must be from 1 to ${MAX_PARTS}`)
      .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_PARTS } }),
  }),
  body: { stream: '*/*' },
  responses: { 200: partSchema },
});

const complete = defineEndpoint({
  method: 'POST',
  path: '/v1/uploads/{id}/complete',
  operationId: 'completeUpload',
  audit: 'write',
  kind: 'transfers',
  tag,
  summary: 'Make the file of the parts',
  description:
    'Puts the parts together in the order of their numbers, without moving bytes. With `parts` it checks that they are these, and with `sha256` that the whole is that. Repeated within a day, or until the upload expires, it returns the first answer.',
  access: 'write',
  params,
  maxBodyBytes: BODY_BYTES.many,
  body: z
    .strictObject({
      parts: z
        .array(z.strictObject({ number: z.int().min(1).max(MAX_PARTS), sha256: sha256.optional() }))
        .min(1)
        .max(MAX_PARTS)
        .optional(),
      sha256: sha256.optional().meta({ description: 'What the whole must hash to.' }),
    })
    .prefault({}),
  responses: { 200: fileSchema, 201: fileSchema },
  deadlineMs: null,
});

const abort = defineEndpoint({
  method: 'DELETE',
  path: '/v1/uploads/{id}',
  operationId: 'abortUpload',
  audit: 'write',
  tag,
  summary: 'Give an upload up',
  description: 'Its parts are removed. A file of the same key is not touched.',
  access: 'write',
  params,
  responses: { 204: null },
});

@Controller()
export class UploadsController {
  constructor(
    private readonly uploads: UploadsService,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
  ) {}

  @Endpoint(create)
  async create(@Input() { caller, body }: EndpointInput<typeof create>): Promise<Reply> {
    const headers = { 'content-type': body.content_type, 'content-disposition': body.content_disposition };
    const facts = {
      contentType: contentTypeIn(headers),
      contentEncoding: body.content_encoding ?? null,
      disposition: dispositionIn(headers),
      metadata: body.metadata,
    };
    const upload = await this.uploads.create(caller.scope, body.bucket, body.key, facts, body.expires_in);
    return new Reply(201, present(upload, []), { location: `/v1/uploads/${upload.id}` });
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { id } }: EndpointInput<typeof get>): Promise<unknown> {
    const { upload, parts } = await this.uploads.get(caller.scope, id);
    return present(upload, parts);
  }

  @Endpoint(putPart)
  async putPart(
    @Input() { caller, params: at, headers, raw, signal }: EndpointInput<typeof putPart>,
  ): Promise<unknown> {
    const declared = parseSha256(headers['x-content-sha256'], 'header:x-content-sha256');
    const request = { number: at.number, size: announcedSize(headers), sha256: declared, signal };
    const body = uploadBody(raw.raw, this.settings.minUploadBytes);
    return presentPart(await this.uploads.putPart(caller.scope, at.id, request, body));
  }

  @Endpoint(complete)
  async complete(
    @Input() { caller, params: { id }, body, headers, signal }: EndpointInput<typeof complete>,
  ): Promise<Reply> {
    const { status, file } = await this.uploads.complete(caller.scope, id, {
      parts: body.parts,
      sha256: parseSha256(body.sha256, '/sha256'),
      conditions: writeConditions(headers),
      signal,
    });
    return new Reply(status, file, { etag: file.etag });
  }

  @Endpoint(abort)
  async abort(@Input() { caller, params: { id } }: EndpointInput<typeof abort>): Promise<void> {
    await this.uploads.abort(caller.scope, id);
  }
}

const presentPart = ({ number, size, sha256: hash }: UploadPart) => ({ number, size, sha256: hash.toString('hex') });

const present = ({ disposition: _disposition, ...upload }: Upload, parts: readonly UploadPart[]) => ({
  ...upload,
  created_at: upload.created_at.toISOString(),
  expires_at: upload.expires_at.toISOString(),
  parts: parts.map(presentPart),
});
